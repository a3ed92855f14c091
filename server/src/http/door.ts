import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Permission } from '@countersign/contract/keys.ts'
import type { Role } from '@countersign/contract/staff.ts'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Reader } from '../audit/read.ts'
import { actorOf, type Principal, type StaffPrincipal, type TenantPrincipal } from '../identity/principal.ts'

/**
 * Who may call a route: anybody, a tenant's key with a permission, or staff with one of the roles. `staff` is for a verb that
 * judges by more than roles.
 */
export type Access = 'public' | 'staff' | { permission: Permission } | readonly Role[]

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** Keeps events that are made while this route answers out of the sign-in's idle time. */
    background?: boolean
  }
  interface FastifyRequest {
    principal: Principal | null
  }
  interface FastifyInstance {
    /** Every route of the door. */
    declared: { method: string; url: string }[]
  }
}

export type Door = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>

/** The staff member that the access hook let in. */
export const staffOf = (request: FastifyRequest): StaffPrincipal => {
  if (request.principal?.kind !== 'staff') throw new Error('this route does not declare roles')
  return request.principal
}

/** The staff member as a reader of the log. */
export const readerOf = (staff: StaffPrincipal): Reader => ({ actor: actorOf(staff), sign_in: staff.session_id })

/** The tenant's key that the access hook let in. */
export const tenantOf = (request: FastifyRequest): TenantPrincipal => {
  if (request.principal?.kind !== 'tenant') throw new Error('this route does not declare a permission')
  return request.principal
}
