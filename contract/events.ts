import { z } from 'zod'
import { EventId, KeyId, RequestId, SessionId, StaffId, TenantId } from './ids.ts'
import { Cursor, Limit, pageOf } from './pages.ts'

/** Every event name, with its category (X4). Names are upper case, dotted: noun, then what happened to it. */
export const eventCategories = {
  'SUPPORT_SESSION.CREATED': 'support_session',
  'SUPPORT_SESSION.DENIED': 'support_session',
  'SUPPORT_SESSION.REVOKED': 'support_session',
  'SUPPORT_SESSION.EXPIRED': 'support_session',
  'SUPPORT_SESSION.REQUEST.ADMITTED': 'support_session',
  'SUPPORT_SESSION.REQUEST.COMPLETED': 'support_session',
  'SUPPORT_SESSION.REQUEST.FAILED': 'support_session',
  'SUPPORT_SESSION.REQUEST.REFUSED': 'support_session',
  'SUPPORT_SESSION.REQUEST.CUT': 'support_session',
  'GATEWAY.REFUSED': 'gateway',
  'CONSOLE.OPENED': 'look_up',
  'USER.SEARCHED': 'look_up',
  'USER.FOUND': 'look_up',
  'TENANT.OPENED': 'look_up',
  'TENANT.USERS.LISTED': 'look_up',
  'TENANT.DIRECTORY.SYNCED': 'directory',
  'AUDIT.READ': 'audit',
  'AUDIT.EXPORTED': 'audit',
  'LOG.TAMPER.SUSPECTED': 'audit',
  'AUTH.SIGNED_IN': 'authentication',
  'AUTH.SIGNED_OUT': 'authentication',
  'AUTH.DENIED': 'authentication',
  'ACCESS.DENIED': 'authorization',
  'KEY.CREATED': 'administration',
  'KEY.REVOKED': 'administration',
  'STAFF.DISABLED': 'administration',
  'STAFF.ENABLED': 'administration',
} as const

export type EventAction = keyof typeof eventCategories
export type EventCategory = (typeof eventCategories)[EventAction]
export const eventActions = Object.keys(eventCategories) as EventAction[]
export const EventAction = z.enum(eventActions as [EventAction, ...EventAction[]])
export const EventCategory = z.enum([...new Set(Object.values(eventCategories))] as [EventCategory, ...EventCategory[]])
export const EventResult = z.enum(['ok', 'deny', 'error'])
export type EventResult = z.infer<typeof EventResult>

/** Who did it. Staff are named by issuer and subject (P18); `operator` is the person at the host's command line. */
export const Actor = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('staff'),
    id: StaffId,
    issuer: z.string(),
    subject: z.string(),
    email: z.string(),
    name: z.string(),
  }),
  z.object({ kind: z.literal('tenant'), id: KeyId, tenant_id: TenantId }),
  z.object({ kind: z.literal('operator'), id: z.string().describe('Account name on the host') }),
  z.object({ kind: z.literal('anonymous'), id: z.literal('anonymous') }),
  z.object({ kind: z.literal('system'), id: z.string().describe('Which part of the program') }),
])
export type Actor = z.infer<typeof Actor>

export const targetKinds = ['tenant', 'user', 'session', 'key', 'staff', 'log', 'route'] as const
export const Target = z.object({
  kind: z.enum(targetKinds),
  id: z.string(),
  label: z.string().optional().describe('What people call it'),
})
export type Target = z.infer<typeof Target>

/** The request that an event speaks of, in the gateway or at our own doors. Paths are escaped, never longer than 2,048. */
export const EventRequest = z.object({
  id: RequestId,
  method: z.string(),
  path: z.string(),
  route: z.string().optional().describe('Pattern of the matched route'),
  scope: z.string().optional(),
  status: z.number().int().optional(),
  duration_ms: z.number().optional(),
  bytes: z.number().int().optional(),
})
export type EventRequest = z.infer<typeof EventRequest>

/**
 * An event: what the log's leaf is the hash of, in RFC 8785 form. Absent members are left out, never null.
 * `occurred_at` is the database's clock with microseconds.
 */
export const Event = z
  .object({
    v: z.literal(1),
    id: EventId,
    occurred_at: z.string(),
    action: EventAction,
    category: EventCategory,
    result: EventResult,
    actor: Actor,
    tenant_id: TenantId.optional(),
    target: Target.optional(),
    session_id: SessionId.optional(),
    ticket: z.string().optional(),
    reason: z.string().optional(),
    note: z.string().optional().describe('One sentence for people; names the unmet gate of a denial'),
    code: z.string().optional().describe('Error code of a denial or failure'),
    request: EventRequest.optional(),
    details: z.record(z.string(), z.unknown()).optional().describe('More about this kind of event, as JSON'),
  })
  .meta({ id: 'Event' })
export type Event = z.infer<typeof Event>

/** What a verb hands to record(): the rest is filled in there. */
export type NewEvent = Omit<Event, 'v' | 'id' | 'occurred_at' | 'category'>

/** An event as it is served: with its place in the log. */
export const LoggedEvent = Event.extend({
  log_index: z.number().int().nonnegative().describe('Place in the log, from 0'),
}).meta({ id: 'LoggedEvent' })
export type LoggedEvent = z.infer<typeof LoggedEvent>

/** Filters that combine by "and" (A28–A30). */
export const EventFilters = z.object({
  category: EventCategory.optional(),
  action: z
    .string()
    .max(100)
    .regex(/^[A-Z_.]+\*?$/)
    .optional()
    .describe('An event name, or its beginning followed by *'),
  actor_id: z.string().max(200).optional(),
  resource_type: z.enum(targetKinds).optional(),
  target_id: z.string().max(200).optional(),
  tenant_id: TenantId.optional(),
  session_id: SessionId.optional(),
  ticket: z.string().max(64).optional(),
  result: EventResult.optional(),
  from: z.iso.datetime({ offset: true }).optional().describe('Earliest instant, inclusive'),
  to: z.iso.datetime({ offset: true }).optional().describe('Latest instant, exclusive'),
})
export type EventFilters = z.infer<typeof EventFilters>

export const ListEvents = EventFilters.extend({ cursor: Cursor.optional(), limit: Limit })
export type ListEvents = z.infer<typeof ListEvents>
/** S12: what a tenant may ask; the tenant itself is its key's. */
export const ListTenantEvents = ListEvents.omit({ tenant_id: true })

/** Newest first. */
export const EventPage = pageOf(LoggedEvent).meta({ id: 'EventPage' })
export type EventPage = z.infer<typeof EventPage>

export const LogStatus = z
  .object({
    size: z.number().int().describe('Events in the log'),
    pending: z.number().int().describe('Events recorded and not yet in the log'),
    root: z.string().describe('Root hash, base64'),
    signed_at: z.iso.datetime().nullable(),
    key: z.string().describe('Verifier key of the log (C2SP signed-note)'),
    state: z.enum(['live', 'behind', 'stopped']),
    note: z.string().nullable().describe('Why it is not live'),
  })
  .meta({ id: 'LogStatus' })
export type LogStatus = z.infer<typeof LogStatus>
