import { createHash, randomUUID } from 'node:crypto'
import type { Act } from '../connector.ts'

const lifetimeSeconds = 30

export type SignedCall = {
  issuer: string
  audience: string
  method: string
  /** Path and query, byte for byte as sent. */
  target: string
  body?: Buffer
  act?: Act
}

/** What a call's JWT says: who calls, and that it is good for this one request. The hash of an empty body is stated too. */
export const claimsOf = (call: SignedCall, now = Date.now()) => {
  const iat = Math.floor(now / 1000)
  return {
    iss: call.issuer,
    aud: call.audience,
    iat,
    exp: iat + lifetimeSeconds,
    jti: randomUUID(),
    htm: call.method,
    htu: call.target,
    body_sha256: createHash('sha256')
      .update(call.body ?? '')
      .digest('base64url'),
    ...(call.act === undefined ? {} : { act: { sub: call.act.sub, email: call.act.email } }),
  }
}
