import { generateKeyPairSync } from 'node:crypto'
import type { z } from 'zod'
import type { Keys } from '../../../keys.ts'
import { CallFailure, failurePhrases } from '../../../outbound/failure.ts'
import { mediaTypeOf, parseOutsideJson } from '../../../outbound/json.ts'
import { openLine } from '../../../outbound/line.ts'
import { newSigner } from '../../../outbound/sign.ts'
import { answerLimitBytes, callTimeoutMilliseconds } from '../calls.ts'
import { claimsOf } from '../claims.ts'

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
  const line = openLine({ timeoutMs: callTimeoutMilliseconds, answerBytes: answerLimitBytes })
  const { kid } = options.keys.assertion.publicJwk
  const signed = newSigner({ privateKey: options.keys.assertion.privateKey, kid })
  const times: { target: string; milliseconds: number }[] = []
  const signedByStranger = newSigner({ privateKey: generateKeyPairSync('ed25519').privateKey, kid })
  const asker = { sub: 'connector-check', email: 'connector-check@localhost' }

  const claims = (path: string) =>
    claimsOf({ issuer: options.issuer, audience: options.audience, method: 'GET', target: `${base}${path}`, asker })

  const send = async (path: string, token?: string): Promise<Answer> => {
    const target = `${base}${path}`
    const began = performance.now()
    try {
      const headers = { accept: 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }
      const answer = await line.send({ origin, target, method: 'GET', headers })
      times.push({ target, milliseconds: performance.now() - began })
      return { status: answer.status, mediaType: mediaTypeOf(answer), text: answer.body.toString('utf8') }
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error
      if (error.kind === 'timeout') throw new Fault(`no whole answer to GET ${target} within ${callTimeoutMilliseconds / 1000} s`)
      if (error.kind === 'too_large') throw new Fault(`the answer to GET ${target} is larger than ${answerLimitBytes} bytes`)
      throw new Fault(`GET ${target} got no answer: ${failurePhrases[error.kind]} (${error.detail})`)
    }
  }

  return {
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
      return readShape(await this.call(path), path, shape)
    },
    close: () => line.close(),
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
