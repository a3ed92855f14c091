import { generateKeyPairSync } from 'node:crypto'
import type { z } from 'zod'
import type { Keys } from '../../../keys.ts'
import { Fault } from '../../../outbound/check.ts'
import { CallFailure, failurePhrases } from '../../../outbound/failure.ts'
import { mediaTypeOf, parseOutsideJson } from '../../../outbound/json.ts'
import { openLine } from '../../../outbound/line.ts'
import { newSigner } from '../../../outbound/sign.ts'
import { answerLimitBytes, callTimeoutMilliseconds } from '../calls.ts'
import { claimsOf, type SignedCall } from '../claims.ts'

export type ProbeOptions = { url: string; audience: string; issuer: string; keys: Pick<Keys, 'assertion'> }
type Sent = { headers?: Record<string, string>; body?: Buffer }
export type Answer = { status: number; mediaType: string; text: string }

const unsigned = (claims: object): string =>
  `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`

/** Calls a connector as the program would, and as nobody should be able to. */
export const openProbe = (options: ProbeOptions) => {
  const { origin, pathname } = new URL(options.url)
  const base = pathname.replace(/\/+$/, '')
  const line = openLine({ timeoutMs: callTimeoutMilliseconds, answerBytes: answerLimitBytes })
  const { kid } = options.keys.assertion.publicJwk
  const signed = newSigner({ privateKey: options.keys.assertion.privateKey, kid })
  const times: { target: string; milliseconds: number }[] = []
  const signedByStranger = newSigner({ privateKey: generateKeyPairSync('ed25519').privateKey, kid })
  const asker = { sub: 'connector-check', email: 'connector-check@localhost' }

  const claims = (path: string, call: Pick<SignedCall, 'body' | 'order'> = {}) => {
    const method = call.body === undefined ? 'GET' : 'POST'
    return claimsOf({ issuer: options.issuer, audience: options.audience, method, target: `${base}${path}`, asker, ...call })
  }

  /** A GET; with a body, a POST. */
  const send = async (path: string, token?: string, { headers = {}, body }: Sent = {}): Promise<Answer> => {
    const target = `${base}${path}`
    const method = body === undefined ? 'GET' : 'POST'
    const sent: Record<string, string> = { accept: 'application/json', ...headers }
    if (token !== undefined) sent.authorization = `Bearer ${token}`
    const began = performance.now()
    try {
      const answer = await line.send({ origin, target, method, body, headers: sent })
      times.push({ target, milliseconds: performance.now() - began })
      return { status: answer.status, mediaType: mediaTypeOf(answer), text: answer.body.toString('utf8') }
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error
      if (error.kind === 'timeout') throw new Fault(`no whole answer to ${method} ${target} within ${callTimeoutMilliseconds / 1000} s`)
      if (error.kind === 'too_large') throw new Fault(`the answer to ${method} ${target} is larger than ${answerLimitBytes} bytes`)
      throw new Fault(`${method} ${target} got no answer: ${failurePhrases[error.kind]} (${error.detail})`)
    }
  }

  return {
    asker,
    times,
    claims,
    send,
    sign: (value: object) => signed(JSON.stringify(value)),
    signAsStranger: (value: object) => signedByStranger(JSON.stringify(value)),
    unsigned,
    /** A call as the program makes it. */
    call: async (path: string): Promise<Answer> => send(path, signed(JSON.stringify(claims(path)))),
    /** The same, where an answer of this shape is expected. */
    async read<Shape extends z.ZodType>(path: string, shape: Shape): Promise<z.infer<Shape>> {
      return readShape(await this.call(path), `GET ${path}`, shape)
    },
    close: () => line.close(),
  }
}
export type Probe = ReturnType<typeof openProbe>

/** The value of an answer to `what`, or the Fault that says which member is wrong. */
export const readShape = <Shape extends z.ZodType>(answer: Answer, what: string, shape: Shape, status = 200): z.infer<Shape> => {
  if (answer.status !== status) throw new Fault(`${what} answered ${answer.status}, not ${status}`)
  if (answer.mediaType !== 'application/json') throw new Fault(`${what} has the content-type "${answer.mediaType}", not application/json`)
  let value: unknown
  try {
    value = parseOutsideJson(answer.text)
  } catch (error) {
    throw new Fault(`${what} is not JSON: ${(error as Error).message}`)
  }
  const parsed = shape.safeParse(value)
  if (parsed.success) return parsed.data
  const wrong = parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.') || 'the answer'}: ${issue.message}`)
  throw new Fault(`${what} has another form: ${wrong.join('; ')}`)
}
