import { createHash, randomUUID } from 'node:crypto'
import { actLifetimeSeconds } from '@countersign/contract/connector.ts'
import type { ActOrder, Asker } from '../connector.ts'

const lifetimeSeconds = 30

export type SignedCall = {
  issuer: string
  audience: string
  method: 'GET' | 'POST'
  /** Path and query, byte for byte as sent. */
  target: string
  body?: Buffer
  asker?: Asker
  /** The act that the call is for. */
  order?: Pick<ActOrder, 'id' | 'act' | 'target' | 'expires_at'>
}

/** An act's call ends with its order: the product has no effect after that. */
const endOf = (iat: number, order: SignedCall['order']): number =>
  order === undefined ? iat + lifetimeSeconds : Math.min(Math.floor(order.expires_at.getTime() / 1000), iat + actLifetimeSeconds)

/** What a call's JWT says: who calls, and that it is good for this one request. The hash of an empty body is stated too. */
export const claimsOf = ({ issuer, audience, method, target, body, asker, order }: SignedCall, now = Date.now()) => {
  const iat = Math.floor(now / 1000)
  return {
    iss: issuer,
    aud: audience,
    iat,
    exp: endOf(iat, order),
    jti: randomUUID(),
    htm: method,
    htu: target,
    body_sha256: createHash('sha256')
      .update(body ?? '')
      .digest('base64url'),
    ...(asker === undefined ? {} : { act: { sub: asker.sub, email: asker.email } }),
    ...(order === undefined ? {} : { operation: { id: order.id, act: order.act, target: order.target } }),
  }
}
