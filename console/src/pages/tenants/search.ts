import { LifecycleStatus, tenantSorts } from '@countersign/contract/tenants.ts'
import { z } from 'zod'
import { tenantTabs } from '../../paths.ts'

export const TenantsSearch = z.object({
  query: z.string().max(200).optional().catch(undefined),
  status: LifecycleStatus.optional().catch(undefined),
  sort: z.enum(tenantSorts).optional().catch(undefined),
  order: z.enum(['asc', 'desc']).optional().catch(undefined),
})
export type TenantsSearch = z.infer<typeof TenantsSearch>

export const TenantSearch = z.object({ tab: z.enum(tenantTabs).optional().catch(undefined) })
