import { z } from 'zod'
import { TenantId, UserId } from './ids.ts'
import { Cursor, Limit, pageOf, Unreadable } from './pages.ts'
import { Wanted } from './text.ts'
import { lifecycleStatuses } from './vocabulary.ts'

export { lifecycleStatuses } from './vocabulary.ts'

export const LifecycleStatus = z.enum(lifecycleStatuses)
export type LifecycleStatus = z.infer<typeof LifecycleStatus>

export const Tenant = z
  .object({
    id: TenantId,
    name: z.string().max(1000),
    status: LifecycleStatus,
    plan: z.string().max(200).nullable(),
    region: z.string().max(200).nullable(),
    user_count: z.number().int().nonnegative().max(2_147_483_647).nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    deleted_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Tenant' })
export type Tenant = z.infer<typeof Tenant>

/** Who may agree to changes for a tenant. */
export const Authorizer = z
  .object({
    id: UserId.nullable().describe('The user, where they are one'),
    name: z.string().max(1000),
    email: z.string().max(320),
    role: z.string().max(200).nullable(),
  })
  .meta({ id: 'Authorizer' })
export type Authorizer = z.infer<typeof Authorizer>

/** What a call needs to know of a tenant: left out where the product does not tell it, null where it does not know. Nothing of it is kept. */
export const TenantDetails = z
  .object({
    authorizers: z.array(Authorizer).max(50).optional(),
    seats_used: z.int().nonnegative().nullable().optional(),
    seats_total: z.int().nonnegative().nullable().optional(),
    sso: z.string().max(200).nullable().optional().describe('Identity provider of the tenant'),
    sso_required: z.boolean().nullable().optional().describe('Whether its users can sign in by nothing else'),
    time_zone: z.string().max(100).nullable().optional().describe('As IANA names it'),
  })
  .meta({ id: 'TenantDetails' })
export type TenantDetails = z.infer<typeof TenantDetails>

/** Null where the product does not tell any of it. */
export const ReadTenantDetails = z.object({ details: TenantDetails.nullable() }).meta({ id: 'ReadTenantDetails' })
export type ReadTenantDetails = z.infer<typeof ReadTenantDetails>

export const tenantSorts = ['name', 'status', 'plan', 'created_at', 'user_count'] as const

export const ListTenants = z.strictObject({
  query: Wanted.optional().describe('Part of a name in any spelling of case and accents, or the beginning of an id'),
  status: LifecycleStatus.optional(),
  sort: z.enum(tenantSorts).default('name'),
  order: z.enum(['asc', 'desc']).default('asc'),
  cursor: Cursor.optional(),
  limit: Limit,
})
export type ListTenants = z.infer<typeof ListTenants>

/** Whose directory the mirror of tenants is, and how its last reading went. */
const DirectoryState = z.object({
  address: z.string().nullable().describe('Where it is read; null before the first time'),
  trouble: z.string().nullable().describe('Why the last reading failed; null where it did not'),
  unreadable: Unreadable,
})

export const TenantPage = pageOf(Tenant)
  .extend({
    total: z.number().int().describe('Tenants that match'),
    synced_at: z.iso.datetime().nullable().describe('When the directory last answered'),
    directory: DirectoryState,
  })
  .meta({ id: 'TenantPage' })
export type TenantPage = z.infer<typeof TenantPage>
