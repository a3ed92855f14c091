import { createHash, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { Keys } from '../../keys.ts'
import type { Act } from '../connector.ts'

const lifetimeSeconds = 30

export type Call = {
  issuer: string
  audience: string
  method: 'GET'
  /** Path and query, byte for byte as sent. */
  target: string
  act?: Act
}

/** What a call's JWT says. The body of a read is empty, and its hash is stated all the same. */
export const claimsOf = (call: Call, now = Date.now()) => {
  const iat = Math.floor(now / 1000)
  return {
    iss: call.issuer,
    aud: call.audience,
    iat,
    exp: iat + lifetimeSeconds,
    jti: randomUUID(),
    htm: call.method,
    htu: call.target,
    body_sha256: createHash('sha256').digest('base64url'),
    ...(call.act === undefined ? {} : { act: { sub: call.act.sub, email: call.act.email } }),
  }
}

/** Signs claims with the assertion key, whose public half stands at /.well-known/jwks.json. */
export const signClaims = (key: Keys['assertion'], claims: Record<string, unknown>): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: key.publicJwk.kid }).sign(key.privateKey)
