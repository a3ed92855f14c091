import { HealthStatus, overviewSorts } from '@countersign/contract/health.ts'
import { LifecycleStatus } from '@countersign/contract/tenants.ts'
import { z } from 'zod'
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
})
