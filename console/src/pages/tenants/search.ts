import { HealthStatus, overviewSorts } from '@countersign/contract/health.ts'
import { LifecycleStatus } from '@countersign/contract/tenants.ts'
import { userSorts, userStatuses } from '@countersign/contract/users.ts'
import { z } from 'zod'
import type { UserNarrowing } from '../../api/tenants.ts'
import { tenantTabs } from '../../paths.ts'

export const TenantsSearch = z.object({
  query: z.string().max(200).optional().catch(undefined),
  health: HealthStatus.optional().catch(undefined),
  status: LifecycleStatus.optional().catch(undefined),
  plan: z.string().max(200).optional().catch(undefined),
  sort: z.enum(overviewSorts).optional().catch(undefined),
  order: z.enum(['asc', 'desc']).optional().catch(undefined),
})
export type TenantsSearch = z.infer<typeof TenantsSearch>

export const TenantSearch = z.object({
  tab: z.enum(tenantTabs).optional().catch(undefined),
  window: z.enum(['24h', '7d']).optional().catch(undefined),
  user: z.string().max(200).optional().catch(undefined),
  user_status: z.enum(userStatuses).optional().catch(undefined),
  role: z.string().max(200).optional().catch(undefined),
  sort: z.enum(userSorts).optional().catch(undefined),
  order: z.enum(['asc', 'desc']).optional().catch(undefined),
})
export type TenantSearch = z.infer<typeof TenantSearch>

/** What the list of users of the tenant is narrowed to. */
export const narrowingOf = ({ user: query, user_status: status, role, sort, order }: TenantSearch): UserNarrowing =>
  Object.fromEntries(Object.entries({ query, status, role, sort, order: sort && order }).filter(([, value]) => value !== undefined))
