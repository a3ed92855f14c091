import type { AuditSearch } from './pages/audit/search.ts'

/** Every address of the console, as the target of a link. */
export const paths = {
  tenants: () => ({ to: '/tenants', search: {} }) as const,
  tenant: (tenantId: string, tab?: TenantTab) => ({ to: '/tenants/$tenantId', params: { tenantId }, search: { tab } }) as const,
  users: (query?: string, ticket?: string) => ({ to: '/users', search: { query, ticket } }) as const,
  user: (userId: string, ticket?: string) => ({ to: '/users/$userId', params: { userId }, search: { ticket } }) as const,
  sessions: () => ({ to: '/sessions', search: {} }) as const,
  session: (sessionId: string, tab?: SessionTab) => ({ to: '/sessions/$sessionId', params: { sessionId }, search: { tab } }) as const,
  view: (sessionId: string, path?: string) => ({ to: '/sessions/$sessionId/view', params: { sessionId }, search: { path } }) as const,
  approvals: (tab?: ApprovalsTab) => ({ to: '/approvals', search: { tab } }) as const,
  approval: (requestId: string) => ({ to: '/approvals/$requestId', params: { requestId } }) as const,
  delivery: () => ({ to: '/settings/delivery' }) as const,
  keys: () => ({ to: '/keys' }) as const,
  insights: (weeks?: InsightSpan) => ({ to: '/insights', search: { weeks } }) as const,
  audit: (search: AuditSearch = {}) => ({ to: '/audit', search }) as const,
}

export const tenantTabs = ['overview', 'users', 'sessions', 'audit'] as const
export type TenantTab = (typeof tenantTabs)[number]
export const sessionTabs = ['access', 'requests', 'events', 'receipt'] as const
export type SessionTab = (typeof sessionTabs)[number]
export const approvalsTabs = ['waiting', 'mine', 'decided'] as const
export type ApprovalsTab = (typeof approvalsTabs)[number]

export const insightSpans = ['4', '12', '26'] as const
export type InsightSpan = (typeof insightSpans)[number]

export type PageLink = ReturnType<(typeof paths)[keyof typeof paths]>
