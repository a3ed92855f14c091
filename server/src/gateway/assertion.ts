import { type KeyObject, sign } from 'node:crypto'
import type { Exchange } from './exchange.ts'
import type { SessionFacts } from './facts.ts'

type Settings = { issuer: string; audience: string; key: { privateKey: KeyObject; publicJwk: { kid: string } } }

const lifetimeSeconds = 30

export type Asserter = (exchange: Exchange, facts: SessionFacts, scope: string) => string

/**
 * Makes the assertion that goes with each forwarded request: a JWT (EdDSA) that tells the product for whom, by whom and
 * within which scope, for this one method and target. Its `jti` is the request's id.
 */
export const newAsserter = ({ issuer, audience, key }: Settings): Asserter => {
  const header = Buffer.from(JSON.stringify({ alg: 'EdDSA', typ: 'JWT', kid: key.publicJwk.kid })).toString('base64url')
  const claimsOf = new WeakMap<SessionFacts, string>()
  const sessionClaims = (facts: SessionFacts): string => {
    const before = claimsOf.get(facts)
    if (before) return before
    const { target_user_id, tenant_id, staff } = facts
    const claims = {
      iss: issuer,
      aud: audience,
      sub: target_user_id ?? tenant_id,
      tenant_id,
      act: { sub: staff.id, email: staff.email },
      sid: facts.id,
    }
    const made = JSON.stringify(claims).slice(0, -1)
    claimsOf.set(facts, made)
    return made
  }
  return (exchange, facts, scope) => {
    const iat = Math.floor(Date.now() / 1000)
    const { id, method, target } = exchange
    const rest = `,"scope":"${scope}","iat":${iat},"exp":${iat + lifetimeSeconds},"jti":"${id}","htm":"${method}","htu":${JSON.stringify(target)}}`
    const signed = `${header}.${Buffer.from(sessionClaims(facts) + rest).toString('base64url')}`
    return `${signed}.${sign(null, Buffer.from(signed), key.privateKey).toString('base64url')}`
  }
}
