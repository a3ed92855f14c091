import { roles as knownRoles, type Role } from '@countersign/contract/staff.ts'
import { dropStray } from '@countersign/contract/stray.ts'
import type { Claims } from './id-token.ts'

/** Names may hold dots of their own (https://acme.example/roles, a Keycloak client id), so the longest name that is there goes first. */
export const reach = (at: unknown, path: string): unknown => {
  if (typeof at !== 'object' || at === null) return undefined
  const members = at as Record<string, unknown>
  if (Object.hasOwn(members, path)) return members[path]
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const head = path.slice(0, dot)
    if (Object.hasOwn(members, head)) return reach(members[head], path.slice(dot + 1))
  }
  return undefined
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A text, a list of texts, or an object whose keys are the roles and whose values say where each was granted (ZITADEL). */
const valuesOf = (claim: unknown): string[] =>
  isObject(claim)
    ? Object.keys(claim).filter((key) => isObject(claim[key]))
    : [claim].flat().filter((value): value is string => typeof value === 'string')

/** The roles that the claim gives, through the map where there is one. What is unknown gives nothing. */
export const rolesOf = (claims: Record<string, unknown>, claim: string, map?: Record<string, Role>): Role[] => {
  const values = valuesOf(reach(claims, claim))
  const mapped = map ? values.filter((value) => Object.hasOwn(map, value)).map((value) => map[value]) : values
  return knownRoles.filter((role) => (mapped as unknown[]).includes(role))
}

/**
 * Whether the provider says that the claim exists and is not in the token: a reference to elsewhere (OIDC Core 5.6.2), which Entra ID
 * sends for whoever is in more than 200 groups. What somebody's roles are is then unknown, which is not the same as none.
 */
export const isElsewhere = (claims: Record<string, unknown>, claim: string): boolean => {
  if (reach(claims, claim) !== undefined) return false
  const names = claims._claim_names
  return (isObject(names) && Object.hasOwn(names, claim)) || (claim === 'groups' && isYes(claims.hasgroups))
}

/** Text in place of a boolean, and 1, is what some providers send (Cognito, Entra ID's xms_edov). Nothing else is a yes. */
const isYes = (value: unknown): boolean => value === true || value === 1 || (typeof value === 'string' && /^(?:true|1)$/i.test(value))

/** Whether a claim that vouches for the address is there and does not. */
const isUnverified = (claims: Claims): boolean =>
  ['email_verified', 'xms_edov'].some((name) => claims[name] !== undefined && !isYes(claims[name]))

const label = (value: unknown): string | undefined => {
  if (typeof value !== 'string') return undefined
  const text = dropStray(value.normalize('NFC')).trim()
  return text === '' || text.length > 320 ? undefined : text
}

const addressOf = (claims: Claims): string | undefined =>
  isUnverified(claims) ? undefined : (label(claims.email) ?? label(claims.preferred_username))

/** Whether a token says all that we want to know; else the userinfo endpoint is asked. */
export const isComplete = (claims: Claims, rolesClaim: string): boolean =>
  reach(claims, rolesClaim) !== undefined && (claims.email !== undefined || claims.preferred_username !== undefined)

/**
 * What to call a person. Only labels: who somebody is, is the issuer and the subject, whatever these say (AN-10). An address that
 * the provider does not vouch for is not shown at all.
 */
export const labelsOf = (claims: Claims): { email: string; name: string } => {
  const email = addressOf(claims) ?? claims.sub
  return { email, name: label(claims.name) ?? email }
}
