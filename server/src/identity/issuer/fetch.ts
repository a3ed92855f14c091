import type { CustomFetch } from 'openid-client'
import { isLoopback } from '../../config.ts'
import { parseStrictJson } from './strict-json.ts'
import { ProviderTrouble } from './trouble.ts'

const longest = 5_000
/** Discovery, keys and tokens are a few kB each; what is larger is not one of them. */
const largest = 262_144

const readLimited = async (response: Response): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > largest) throw new ProviderTrouble(`the answer is larger than ${largest} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

/**
 * How we speak to the identity provider (AN-9): five seconds for the whole answer, which is one small JSON object; no redirect
 * followed; and TLS, unless both it and we are on loopback. Whatever goes wrong is a ProviderTrouble.
 */
export const newFetch = (options: { allowLoopback: boolean; headers?: Record<string, string>; milliseconds?: number }): CustomFetch => {
  return async (url, init) => {
    const target = new URL(url)
    const allowed = target.protocol === 'https:' || (options.allowLoopback && target.protocol === 'http:' && isLoopback(target.hostname))
    if (!allowed) throw new ProviderTrouble(`${target.origin} is not an https address`)
    try {
      const response = await fetch(target, {
        method: init.method,
        headers: { ...(init.headers as Record<string, string>), ...options.headers },
        body: init.body as string | undefined,
        redirect: 'manual',
        signal: AbortSignal.timeout(options.milliseconds ?? longest),
      })
      if (response.status >= 300 && response.status < 400) throw new ProviderTrouble(`${target.pathname} answered with a redirect`)
      const body = await readLimited(response)
      const { status, headers } = response
      if (status >= 500) throw new ProviderTrouble(`${target.pathname} answered ${status}`)
      const value = parseStrictJson(body.toString('utf8'))
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new ProviderTrouble(`${target.pathname} answered ${status} with something else than a JSON object`)
      }
      return new Response(JSON.stringify(value), { status, headers })
    } catch (error) {
      if (error instanceof ProviderTrouble) throw error
      const { message, cause } = error as Error
      throw new ProviderTrouble(`${target.origin} does not answer: ${(cause as Error | undefined)?.message || message}`, { cause: error })
    }
  }
}
