import { generateKeyPairSync } from 'node:crypto'
import { Agent } from 'undici'
import type { z } from 'zod'
import type { Keys } from '../../../keys.ts'
import { answerLimitBytes, parseOutsideJson } from '../answer.ts'
import { callTimeoutMilliseconds } from '../http.ts'
import { claimsOf, signClaims } from '../sign.ts'

/** What is wrong with a connector, in one sentence. */
export class Fault extends Error {
  override name = 'Fault'
}

export type ProbeOptions = { url: string; audience: string; issuer: string; keys: Pick<Keys, 'assertion'> }
export type Answer = { status: number; mediaType: string; text: string }

const unsigned = (claims: object): string =>
  `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`

/** Calls a connector as the program would, and as nobody should be able to. */
export const openProbe = (options: ProbeOptions) => {
  const { origin, pathname } = new URL(options.url)
  const base = pathname.replace(/\/+$/, '')
  const agent = new Agent({ connections: 2, maxResponseSize: answerLimitBytes })
  const times: { target: string; milliseconds: number }[] = []
  const stranger = generateKeyPairSync('ed25519').privateKey
  const act = { sub: 'connector-check', email: 'connector-check@localhost' }

  const claims = (path: string) =>
    claimsOf({ issuer: options.issuer, audience: options.audience, method: 'GET', target: `${base}${path}`, act })

  const send = async (path: string, token?: string): Promise<Answer> => {
    const target = `${base}${path}`
    const began = performance.now()
    try {
      const { statusCode, headers, body } = await agent.request({
        origin,
        path: target,
        method: 'GET',
        headers: {
          accept: 'application/json',
          'accept-encoding': 'identity',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        signal: AbortSignal.timeout(callTimeoutMilliseconds),
      })
      const text = await body.text()
      times.push({ target, milliseconds: performance.now() - began })
      return { status: statusCode, mediaType: String(headers['content-type'] ?? '').split(';', 1)[0] ?? '', text }
    } catch (cause) {
      const { name, code, message } = cause as Error & { code?: string }
      if (name === 'TimeoutError') throw new Fault(`no whole answer to GET ${target} within ${callTimeoutMilliseconds / 1000} s`)
      if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') throw new Fault(`the answer to GET ${target} is larger than ${answerLimitBytes} bytes`)
      throw new Fault(`GET ${target} got no answer: ${code ?? message}`)
    }
  }

  return {
    times,
    claims,
    send,
    sign: (value: Record<string, unknown>) => signClaims(options.keys.assertion, value),
    signAsStranger: (value: Record<string, unknown>) => signClaims({ ...options.keys.assertion, privateKey: stranger }, value),
    unsigned,
    /** A call as the program makes it. */
    call: async (path: string): Promise<Answer> => send(path, await signClaims(options.keys.assertion, claims(path))),
    /** The same, where an answer of this shape is expected. */
    async read<Shape extends z.ZodType>(path: string, shape: Shape): Promise<z.infer<Shape>> {
      return readShape(await this.call(path), path, shape)
    },
    close: () => agent.destroy(),
  }
}
export type Probe = ReturnType<typeof openProbe>

/** The value of an answer, or the Fault that says which member is wrong. */
export const readShape = <Shape extends z.ZodType>(answer: Answer, path: string, shape: Shape): z.infer<Shape> => {
  if (answer.status !== 200) throw new Fault(`GET ${path} answered ${answer.status}, not 200`)
  if (answer.mediaType !== 'application/json')
    throw new Fault(`GET ${path} has the content-type "${answer.mediaType}", not application/json`)
  let value: unknown
  try {
    value = parseOutsideJson(answer.text)
  } catch (error) {
    throw new Fault(`GET ${path} is not JSON: ${(error as Error).message}`)
  }
  const parsed = shape.safeParse(value)
  if (parsed.success) return parsed.data
  const wrong = parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.') || 'the answer'}: ${issue.message}`)
  throw new Fault(`GET ${path} has another form: ${wrong.join('; ')}`)
}
