import type { Actor } from '@countersign/contract/events.ts'
import type { Permission } from '@countersign/contract/keys.ts'
import type { Role } from '@countersign/contract/staff.ts'

/** A named human of the vendor, as read from the primary for this very request. */
export type StaffPrincipal = {
  kind: 'staff'
  id: string
  issuer: string
  subject: string
  email: string
  name: string
  roles: Role[]
  /** Id of the sign-in session. */
  session_id: string
}

/** A tenant's API key. */
export type TenantPrincipal = { kind: 'tenant'; id: string; tenant_id: string; permissions: Permission[] }

/** What sends signals, by an ingest key. */
export type IngestPrincipal = { kind: 'ingest'; id: string }

/** The person at the host's command line. */
export type OperatorPrincipal = { kind: 'operator'; id: string }

export type Principal = StaffPrincipal | TenantPrincipal | IngestPrincipal | OperatorPrincipal

/** Whoever nobody vouches for. */
export const anonymous = { kind: 'anonymous', id: 'anonymous' } as const satisfies Actor

/** The principal as events name it. */
export const actorOf = (principal: Principal): Actor => {
  if (principal.kind === 'staff') {
    const { kind, id, issuer, subject, email, name } = principal
    return { kind, id, issuer, subject, email, name }
  }
  if (principal.kind === 'tenant') return { kind: 'tenant', id: principal.id, tenant_id: principal.tenant_id }
  return { kind: principal.kind, id: principal.id }
}

export const hasRole = (principal: Principal, allowed: readonly Role[]): principal is StaffPrincipal =>
  principal.kind === 'staff' && principal.roles.some((role) => allowed.includes(role))
