import type { Permission } from '@countersign/contract/keys.ts'
import type { Role } from '@countersign/contract/staff.ts'
import { Refusal } from '../errors.ts'
import { findConcerned, type Named } from './concerned.ts'
import type { Ctx } from './ctx.ts'
import { type Denied, deny } from './deny.ts'
import {
  actorOf,
  hasRole,
  type IngestPrincipal,
  type OperatorPrincipal,
  type Principal,
  type StaffPrincipal,
  type TenantPrincipal,
} from './principal.ts'

/**
 * Who may: staff with one of the roles, a tenant's key with a permission, an ingest key, or the operator. `staff` is for a verb that judges by
 * more than roles.
 */
export type May = readonly Role[] | 'staff' | { permission: Permission } | 'ingest' | 'operator'

/** The ways of saying it that let such a principal in. */
export type MayOf<P extends Principal> = P extends StaffPrincipal
  ? readonly Role[] | 'staff'
  : P extends TenantPrincipal
    ? { permission: Permission }
    : P extends IngestPrincipal
      ? 'ingest'
      : P extends OperatorPrincipal
        ? 'operator'
        : never

export const isAllowed = (principal: Principal, may: May): boolean => {
  if (typeof may === 'string') return principal.kind === may
  if ('permission' in may) return principal.kind === 'tenant' && principal.permissions.includes(may.permission)
  return hasRole(principal, may)
}

/** A missing role, told and recorded alike. */
export const roleMissing = (roles: readonly Role[]): Refusal =>
  new Refusal('role_missing', { detail: `This needs the role ${roles.join(' or ')}.` })

const refusePermission = (principal: TenantPrincipal, permission: Permission): Denied =>
  deny(new Refusal('key_permission_missing'), {
    action: 'AUTH.DENIED',
    actor: actorOf(principal),
    tenant_id: principal.tenant_id,
    target: { kind: 'key', id: principal.id },
    note: `the API key lacks the permission ${permission}`,
  })

const needOf = (may: May): string => (typeof may === 'string' ? may : 'permission' in may ? may.permission : may.join(' or '))

/** May I? Who may not is refused on the record, with what it was that they called, and whom that is about. */
export const requireMay = async (ctx: Ctx, may: May, name: string, named: Named = {}): Promise<void> => {
  const { principal, request } = ctx
  if (isAllowed(principal, may)) return
  if (principal.kind === 'tenant' && typeof may === 'object' && 'permission' in may) throw refusePermission(principal, may.permission)
  throw deny(Array.isArray(may) ? roleMissing(may) : new Refusal('role_missing'), {
    action: 'ACCESS.DENIED',
    actor: actorOf(principal),
    target: { kind: 'route', id: request ? `${request.method} ${request.path}` : name },
    ...(await findConcerned(ctx, named)),
    note: `needs ${needOf(may)}`,
    request,
  })
}
