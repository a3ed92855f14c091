import { generateKeyPairSync, randomUUID } from 'node:crypto'
import type { Keys } from '../../keys.ts'
import { Fault } from '../../outbound/check.ts'
import { CallFailure, failurePhrases } from '../../outbound/failure.ts'
import { openLine } from '../../outbound/line.ts'
import { newSigner } from '../../outbound/sign.ts'

export type ProbeOptions = {
  /** A route of the product that reads, with its query. */
  url: string
  audience: string
  issuer: string
  keys: Pick<Keys, 'assertion'>
  /** What the route needs, and for whom it is asked. */
  scope: string
  tenant: string
  user?: string
}

const callMilliseconds = 10_000
const answerBytes = 10_000_000
const lifetimeSeconds = 30

const unsigned = (claims: object): string =>
  `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`

/** Calls a product as the gateway would, and as nobody should be able to. It only ever sends GET. */
export const openProbe = (options: ProbeOptions) => {
  const { origin, pathname, search } = new URL(options.url)
  const target = pathname + search
  const line = openLine({ timeoutMs: callMilliseconds, answerBytes })
  const { kid } = options.keys.assertion.publicJwk
  const signed = newSigner({ privateKey: options.keys.assertion.privateKey, kid })
  const signedByStranger = newSigner({ privateKey: generateKeyPairSync('ed25519').privateKey, kid })
  const signedByUnknown = newSigner({ privateKey: generateKeyPairSync('ed25519').privateKey, kid: `${kid}-unknown` })

  const claims = (): Record<string, unknown> => {
    const iat = Math.floor(Date.now() / 1000)
    return {
      iss: options.issuer,
      aud: options.audience,
      sub: options.user ?? options.tenant,
      tenant_id: options.tenant,
      act: { sub: 'assertion-check', email: 'assertion-check@localhost' },
      sid: 'ses_check',
      scope: options.scope,
      iat,
      exp: iat + lifetimeSeconds,
      jti: `check_${randomUUID()}`,
      htm: 'GET',
      htu: target,
    }
  }

  /** Answers the status. */
  const send = async (headers: Record<string, string | string[]>): Promise<number> => {
    try {
      return (await line.send({ origin, target, method: 'GET', headers: { accept: '*/*', ...headers } })).status
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error
      throw new Fault(`GET ${target} got no answer: ${failurePhrases[error.kind]} (${error.detail})`)
    }
  }

  return {
    target,
    claims,
    send,
    sendAssertion: (assertion: string): Promise<number> => send({ 'countersign-assertion': assertion }),
    sign: (value: object): string => signed(JSON.stringify(value)),
    signAsStranger: (value: object): string => signedByStranger(JSON.stringify(value)),
    signAsUnknown: (value: object): string => signedByUnknown(JSON.stringify(value)),
    unsigned,
    close: () => line.close(),
  }
}
export type Probe = ReturnType<typeof openProbe>
