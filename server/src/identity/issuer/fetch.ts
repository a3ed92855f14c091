import type { CustomFetch } from 'openid-client'
import { CallFailure } from '../../outbound/failure.ts'
import { openPeer, type Peer, type PeerLog } from '../../outbound/peer.ts'
import { parseStrictJson } from './strict-json.ts'
import { ProviderTrouble } from './trouble.ts'

/** Discovery, keys and tokens are a few kB each; what is larger is not one of them. */
const answerBytes = 262_144

/** The provider, as one whom we call: always, as strangers can make it fail and would keep everybody out. */
export const openProviderPeer = ({ milliseconds = 5_000, log }: { milliseconds?: number; log?: PeerLog } = {}): Peer =>
  openPeer({ name: 'identity provider', timeoutMs: milliseconds, answerBytes, failuresToPause: Infinity, log })

/**
 * How we speak to the identity provider (AN-9): five seconds for the whole answer, which is one small JSON object; no redirect
 * followed; and TLS, unless both it and we are on loopback. Whatever goes wrong is a ProviderTrouble.
 */
export const newFetch = (options: { peer: Peer; allowLoopback: boolean; headers?: Record<string, string> }): CustomFetch => {
  const { peer, allowLoopback, headers } = options
  return async (url, init) => {
    const { origin, protocol, pathname, search } = new URL(url)
    if (protocol !== 'https:' && !allowLoopback) throw new ProviderTrouble(`${origin} is not an https address`)
    try {
      const answer = await peer.call({
        origin,
        target: pathname + search,
        method: init.method as 'GET' | 'POST',
        headers: { ...(init.headers as Record<string, string>), ...headers },
        body: init.body == null ? undefined : Buffer.from(String(init.body)),
      })
      const { status } = answer
      if (status >= 500 || (status >= 300 && status < 400)) throw new ProviderTrouble(`${pathname} answered ${status}`)
      const value = parseStrictJson(answer.body.toString('utf8'))
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new ProviderTrouble(`${pathname} answered ${status} with something else than a JSON object`)
      }
      return new Response(JSON.stringify(value), { status, headers: { 'content-type': String(answer.headers['content-type'] ?? '') } })
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error
      throw new ProviderTrouble(`${origin} does not answer: ${error.message}`, { cause: error })
    }
  }
}
