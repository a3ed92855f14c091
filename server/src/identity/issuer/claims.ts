import { roles as knownRoles, type Role } from '@countersign/contract/staff.ts'
import type { Claims } from './id-token.ts'

const reach = (claims: Record<string, unknown>, path: string): unknown => {
  // Names with dots of their own (https://acme.example/roles) come first.
  if (Object.hasOwn(claims, path)) return claims[path]
  let at: unknown = claims
  for (const step of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<string, unknown>)[step]
  }
  return at
}

/** The roles that the claim gives: a text or a list of texts, through the map where there is one. What is unknown gives nothing. */
export const rolesOf = (claims: Record<string, unknown>, claim: string, map?: Record<string, Role>): Role[] => {
  const values = [reach(claims, claim)].flat().filter((value) => typeof value === 'string')
  const mapped = map ? values.filter((value) => Object.hasOwn(map, value)).map((value) => map[value]) : values
  return knownRoles.filter((role) => (mapped as unknown[]).includes(role))
}

const label = (value: unknown): string | undefined => {
  if (typeof value !== 'string') return undefined
  const text = value
    .normalize('NFC')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
    .trim()
  return text === '' || text.length > 320 ? undefined : text
}

/**
 * What to call a person. Only labels: who somebody is, is the issuer and the subject, whatever these say (AN-10). An address that
 * the provider calls unverified is not shown at all.
 */
export const labelsOf = (claims: Claims): { email: string; name: string } => {
  const address = claims.email_verified === false ? undefined : (label(claims.email) ?? label(claims.preferred_username))
  const email = address ?? claims.sub
  return { email, name: label(claims.name) ?? email }
}
