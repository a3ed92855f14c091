import { EventFilters } from '@countersign/contract/events.ts'
import { z } from 'zod'

export const spans = { '1h': 3_600_000, '24h': 86_400_000, '7d': 604_800_000 } as const
export type Span = keyof typeof spans
export const spanWords: Record<Span, string> = { '1h': 'Last 1 h', '24h': 'Last 24 h', '7d': 'Last 7 d' }

const { category, action, actor_id, resource_type, target_id, tenant_id, session_id, ticket, result, from, to } = EventFilters.shape

/** The filters as the URL has them. What does not parse is left out rather than failing the page. */
export const AuditSearch = z.object({
  last: z.enum(['1h', '24h', '7d']).optional().catch(undefined),
  category: category.catch(undefined),
  action: action.catch(undefined),
  actor_id: actor_id.catch(undefined),
  resource_type: resource_type.catch(undefined),
  target_id: target_id.catch(undefined),
  tenant_id: tenant_id.catch(undefined),
  session_id: session_id.catch(undefined),
  ticket: ticket.catch(undefined),
  result: result.catch(undefined),
  from: from.catch(undefined),
  to: to.catch(undefined),
  /** The open one, by its place in the log. */
  event: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional()
    .catch(undefined),
})
export type AuditSearch = z.infer<typeof AuditSearch>

/** What the server is asked: the span becomes the instant where it begins. */
export const toFilters = ({ last, event: _, ...filters }: AuditSearch, now: number): EventFilters => ({
  ...filters,
  ...(last ? { from: new Date(now - spans[last]).toISOString() } : {}),
})

/** Groups of events that have a name of their own in the menu. */
export const eventGroups = [
  { value: 'all', label: 'All events', search: {} },
  { value: 'sessions', label: 'Support sessions', search: { category: 'support_session' } },
  { value: 'opened', label: 'Sessions created', search: { action: 'SUPPORT_SESSION.CREATED' } },
  { value: 'revoked', label: 'Sessions revoked', search: { action: 'SUPPORT_SESSION.REVOKED' } },
  { value: 'impersonations', label: 'Impersonations', search: { action: 'IMPERSONATE.*' } },
  { value: 'requests', label: 'Requests in sessions', search: { action: 'SUPPORT_SESSION.REQUEST.*' } },
  { value: 'look_up', label: 'Look-ups', search: { category: 'look_up' } },
  { value: 'gateway', label: 'Gateway refusals', search: { category: 'gateway' } },
  { value: 'directory', label: 'Directory', search: { category: 'directory' } },
  { value: 'authentication', label: 'Sign-ins', search: { category: 'authentication' } },
  { value: 'authorization', label: 'Access denied', search: { category: 'authorization' } },
  { value: 'audit', label: 'Reading the audit', search: { category: 'audit' } },
  { value: 'administration', label: 'Administration', search: { category: 'administration' } },
] as const satisfies readonly { value: string; label: string; search: Pick<AuditSearch, 'category' | 'action'> }[]

export const groupOf = ({ category, action }: AuditSearch): string => {
  const found = eventGroups.find(({ search }) => {
    const wanted: Pick<AuditSearch, 'category' | 'action'> = search
    return wanted.category === category && wanted.action === action
  })
  return found?.value ?? ''
}
