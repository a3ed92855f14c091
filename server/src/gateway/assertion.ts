import { hash } from 'node:crypto'
import { defaultUpstream } from '@countersign/contract/views.ts'
import type { SessionFacts } from '../sessions/facts.ts'
import type { Exchange } from './exchange.ts'
import { addressOf, type Product, type ProductAddress } from './product.ts'

const lifetimeSeconds = 30

export type Claims = (exchange: Exchange, facts: SessionFacts, scope: string) => string

const plainTargetMaximum = 2048

/** The target that is sent. A long one by its digest: twice in a head, it would be more than most servers take. */
const htuOf = (target: string): string => (target.length <= plainTargetMaximum ? target : `sha256:${hash('sha256', target, 'base64url')}`)

/** What is said of a session in every assertion for one of the product's addresses, made once. */
const newSessionClaims = (issuer: string, { audience }: ProductAddress): ((facts: SessionFacts) => string) => {
  const known = new WeakMap<SessionFacts, string>()
  return (facts) => {
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
}

/**
 * What the assertion of a forwarded request says, as JSON: for whom, by whom and within which scope, for this one method and
 * target. Its `jti` is the request's id.
 */
export const newClaims = ({ issuer, product }: { issuer: string; product: Product }): Claims => {
  const sessionClaims = new Map([...product].map(([name, address]) => [name, newSessionClaims(issuer, address)]))
  return (exchange, facts, scope) => {
    const iat = Math.floor(Date.now() / 1000)
    const { id, method, target, route } = exchange
    const { name, base } = addressOf(product, route?.upstream ?? defaultUpstream)
    const rest = `,"scope":"${scope}","iat":${iat},"exp":${iat + lifetimeSeconds},"jti":"${id}","htm":"${method}","htu":${JSON.stringify(htuOf(base + target))}}`
    return sessionClaims.get(name)?.(facts) + rest
  }
}
