import { healthStatuses, lifecycleStatuses, overviewSorts, userSorts, userStatuses } from '@countersign/contract/vocabulary.ts'
import type { UserNarrowing } from '../../api/tenants.ts'
import { tenantTabs } from '../../paths.ts'
import { oneOf, searchOf, text } from '../../search.ts'

const order = oneOf(['asc', 'desc'])

export const readTenantsSearch = searchOf({
  query: text(200),
  health: oneOf(healthStatuses),
  status: oneOf(lifecycleStatuses),
  plan: text(200),
  sort: oneOf(overviewSorts),
  order,
})
export type TenantsSearch = ReturnType<typeof readTenantsSearch>

export const readTenantSearch = searchOf({
  tab: oneOf(tenantTabs),
  window: oneOf(['24h', '7d']),
  user: text(200),
  user_status: oneOf(userStatuses),
  role: text(200),
  sort: oneOf(userSorts),
  order,
})
export type TenantSearch = ReturnType<typeof readTenantSearch>

/** What the list of users of the tenant is narrowed to. */
export const narrowingOf = ({ user: query, user_status: status, role, sort, order }: TenantSearch): UserNarrowing =>
  Object.fromEntries(Object.entries({ query, status, role, sort, order: sort && order }).filter(([, value]) => value !== undefined))
