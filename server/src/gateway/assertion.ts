import type { SessionFacts } from '../sessions/facts.ts'
import type { Exchange } from './exchange.ts'

const lifetimeSeconds = 30

export type Claims = (exchange: Exchange, facts: SessionFacts, scope: string) => string

/**
 * What the assertion of a forwarded request says, as JSON: for whom, by whom and within which scope, for this one method and
 * target. Its `jti` is the request's id.
 */
export const newClaims = ({ issuer, audience }: { issuer: string; audience: string }): Claims => {
  const known = new WeakMap<SessionFacts, string>()
  const sessionClaims = (facts: SessionFacts): string => {
    const before = known.get(facts)
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
    known.set(facts, made)
    return made
  }
  return (exchange, facts, scope) => {
    const iat = Math.floor(Date.now() / 1000)
    const { id, method, target } = exchange
    const rest = `,"scope":"${scope}","iat":${iat},"exp":${iat + lifetimeSeconds},"jti":"${id}","htm":"${method}","htu":${JSON.stringify(target)}}`
    return sessionClaims(facts) + rest
  }
}
