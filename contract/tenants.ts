import { z } from 'zod'
import { TenantId } from './ids.ts'
import { Cursor, Limit, pageOf, Unreadable } from './pages.ts'
import { Wanted } from './text.ts'

export const lifecycleStatuses = ['active', 'trial', 'onboarding', 'pending', 'suspended', 'closed'] as const
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
