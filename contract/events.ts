import { z } from 'zod'
import { actionApproved, actionAttempted } from './events/action.ts'
import * as administration from './events/administration.ts'
import * as audit from './events/audit.ts'
import * as authentication from './events/authentication.ts'
import { actor, type EventCategory, EventResult } from './events/common.ts'
import { deliveryReplayed, deliveryTested } from './events/delivery.ts'
import { directorySynced } from './events/directory.ts'
import { gatewayRefused } from './events/gateway.ts'
import * as lookUp from './events/look-up.ts'
import { type Group, groupSchema, kept, type ReadsOf, schemasOf, type ValueOf, type ValuesOf } from './events/members.ts'
import * as passkeys from './events/passkeys.ts'
import * as privacy from './events/privacy.ts'
import * as session from './events/support-session.ts'
import { EventId } from './ids.ts'
import { Cursor, Limit, pageOf } from './pages.ts'

export { type Actor, EventCategory, type EventRequest, EventResult, type Target, targetKinds } from './events/common.ts'

/**
 * Every event: its name (upper case, dotted: noun, then what happened to it), its category (X4) and the members that it has
 * besides those of all. A support session on one user is an impersonation (X11); requests in either have the same names.
 */
export const eventTable = {
  'SUPPORT_SESSION.CREATED': ['support_session', session.sessionOpened],
  'SUPPORT_SESSION.DENIED': ['support_session', session.sessionDenied],
  'SUPPORT_SESSION.AVOIDED': ['support_session', session.sessionAvoided],
  'SUPPORT_SESSION.REVOKED': ['support_session', session.sessionRevoked],
  'SUPPORT_SESSION.EXPIRED': ['support_session', session.sessionExpired],
  'SUPPORT_SESSION.VIEW.OPENED': ['support_session', session.sessionView],
  'SUPPORT_SESSION.VIEW.ENTERED': ['support_session', session.sessionView],
  'SUPPORT_SESSION.VIEW.CLOSED': ['support_session', session.sessionView],
  'SUPPORT_SESSION.EXTENDED': ['support_session', session.sessionExtended],
  'SUPPORT_SESSION.STAYED': ['support_session', session.sessionTold],
  'SUPPORT_SESSION.TICKET_ADDED': ['support_session', session.sessionTold],
  'SUPPORT_SESSION.TIMED_OUT': ['support_session', session.sessionExpired],
  'SUPPORT_SESSION.TENANT_GONE': ['support_session', session.sessionRevoked],
  'SUPPORT_SESSION.ROLE_LOST': ['support_session', session.sessionRevoked],
  'SUPPORT_SESSION.FROZEN': ['support_session', session.sessionRevoked],
  'SUPPORT_SESSION.SIGNED_OUT': ['support_session', session.sessionRevoked],
  'IMPERSONATE.STARTED': ['support_session', session.sessionOpened],
  'IMPERSONATE.DENIED': ['support_session', session.sessionDenied],
  'IMPERSONATE.ENDED': ['support_session', session.sessionRevoked],
  'IMPERSONATE.REVOKED': ['support_session', session.sessionRevoked],
  'IMPERSONATE.EXPIRED': ['support_session', session.sessionExpired],
  'IMPERSONATE.EXTENDED': ['support_session', session.sessionExtended],
  'IMPERSONATE.TIMED_OUT': ['support_session', session.sessionExpired],
  'IMPERSONATE.TENANT_GONE': ['support_session', session.sessionRevoked],
  'IMPERSONATE.ROLE_LOST': ['support_session', session.sessionRevoked],
  'IMPERSONATE.FROZEN': ['support_session', session.sessionRevoked],
  'IMPERSONATE.SIGNED_OUT': ['support_session', session.sessionRevoked],
  'SUPPORT_SESSION.REQUEST.ADMITTED': ['support_session', session.sessionRequest],
  'SUPPORT_SESSION.REQUEST.COMPLETED': ['support_session', session.sessionRequest],
  'SUPPORT_SESSION.REQUEST.FAILED': ['support_session', session.sessionRequest],
  'SUPPORT_SESSION.REQUEST.REFUSED': ['support_session', session.sessionRequest],
  'SUPPORT_SESSION.REQUEST.CUT': ['support_session', session.sessionRequest],
  'SUPPORT_SESSION.ASSET.ADMITTED': ['support_session', session.sessionRequest],
  'SUPPORT_SESSION.ASSET.LOADED': ['support_session', session.assetsLoaded],
  'PASSKEY.RESET': ['action', actionAttempted],
  'TOTP.RESET': ['action', actionAttempted],
  'SESSION.REVOKED': ['action', actionAttempted],
  'MAGIC_LINK.SENT': ['action', actionAttempted],
  'ACCOUNT.SUSPEND': ['action', actionAttempted],
  'ACCOUNT.SUSPENDED': ['action', actionAttempted],
  'ACCOUNT.RESTORED': ['action', actionAttempted],
  'ACTION.STARTED': ['action', actionAttempted],
  'ACTION.RESOLVED': ['action', actionAttempted],
  'ACTION.REQUESTED': ['approval', actionAttempted],
  'ACTION.APPROVED': ['approval', actionApproved],
  'ACTION.REJECTED': ['approval', actionAttempted],
  'ACTION.CANCELLED': ['approval', actionAttempted],
  'ACTION.EXPIRED': ['approval', actionAttempted],
  'ACTION.VOIDED': ['approval', actionAttempted],
  'ACCOUNT.SUSPEND.REQUESTED': ['approval', actionAttempted],
  'ACCOUNT.SUSPEND.APPROVED': ['approval', actionApproved],
  'ACCOUNT.SUSPEND.REJECTED': ['approval', actionAttempted],
  'TENANT.SESSIONS.REVOKED': ['action', actionAttempted],
  'GATEWAY.REFUSED': ['gateway', gatewayRefused],
  'CONSOLE.OPENED': ['look_up', lookUp.userOpened],
  'USER.SEARCHED': ['look_up', lookUp.userSearched],
  'USER.FOUND': ['look_up', lookUp.userFound],
  'TENANT.OPENED': ['look_up', lookUp.tenantOpened],
  'TENANT.USERS.LISTED': ['look_up', lookUp.tenantUsersListed],
  'TENANT.DIRECTORY.SYNCED': ['directory', directorySynced],
  'AUDIT.READ': ['audit', audit.auditRead],
  'AUDIT.EXPORT.REQUESTED': ['audit', audit.exportRequested],
  'AUDIT.EXPORTED': ['audit', audit.auditExported],
  'AUDIT.EXPORT.DOWNLOADED': ['audit', audit.exportDownloaded],
  'LOG.TAMPER.SUSPECTED': ['audit', audit.tamperSuspected],
  'LOG.TALLIED': ['audit', audit.logTallied],
  'CLOCK.JUMPED': ['audit', audit.clockJumped],
  'AUTH.SIGNED_IN': ['authentication', authentication.signedIn],
  'AUTH.SIGNED_OUT': ['authentication', authentication.signedOut],
  'AUTH.DENIED': ['authentication', authentication.authDenied],
  'AUTH.STEPPED_UP': ['authentication', passkeys.steppedUp],
  'ACCESS.DENIED': ['authorization', authentication.accessDenied],
  'KEY.CREATED': ['administration', administration.keyCreated],
  'KEY.REVOKED': ['administration', administration.keyRevoked],
  'INGEST_KEY.CREATED': ['administration', administration.ingestKeyCreated],
  'INGEST_KEY.FIRST_USED': ['administration', administration.ingestKeyFirstUsed],
  'INGEST_KEY.REVOKED': ['administration', administration.ingestKeyRevoked],
  'STAFF.DISABLED': ['administration', administration.staffDisabled],
  'STAFF.ENABLED': ['administration', administration.staffEnabled],
  'STAFF.PASSKEY.ENROLLED': ['administration', passkeys.passkeyEnrolled],
  'STAFF.PASSKEY.CONFIRMED': ['administration', passkeys.passkeyOfStaff],
  'STAFF.PASSKEY.REMOVED': ['administration', passkeys.passkeyOfStaff],
  'DELIVERY.REPLAYED': ['administration', deliveryReplayed],
  'DELIVERY.TESTED': ['administration', deliveryTested],
  'PERSONAL_DATA.ERASED': ['administration', privacy.personalDataErased],
  'LEGAL_HOLD.PLACED': ['administration', privacy.holdPlaced],
  'LEGAL_HOLD.RELEASED': ['administration', privacy.holdReleased],
} as const satisfies Record<string, readonly [EventCategory, Group]>

type Table = typeof eventTable
export type EventName = keyof Table
export const eventNames = Object.keys(eventTable) as EventName[]
export const EventName = z.enum(eventNames as [EventName, ...EventName[]])
/** Events that open a support session, and those that end one. */
export const openingEvents = ['SUPPORT_SESSION.CREATED', 'IMPERSONATE.STARTED'] as const satisfies readonly EventName[]
export const endingEvents = [
  'SUPPORT_SESSION.REVOKED',
  'SUPPORT_SESSION.EXPIRED',
  'SUPPORT_SESSION.TIMED_OUT',
  'SUPPORT_SESSION.TENANT_GONE',
  'SUPPORT_SESSION.ROLE_LOST',
  'SUPPORT_SESSION.FROZEN',
  'SUPPORT_SESSION.SIGNED_OUT',
  'IMPERSONATE.ENDED',
  'IMPERSONATE.REVOKED',
  'IMPERSONATE.EXPIRED',
  'IMPERSONATE.TIMED_OUT',
  'IMPERSONATE.TENANT_GONE',
  'IMPERSONATE.ROLE_LOST',
  'IMPERSONATE.FROZEN',
  'IMPERSONATE.SIGNED_OUT',
] as const satisfies readonly EventName[]

export const categoryOf = (name: EventName): EventCategory => eventTable[name][0]

const ofAll = {
  v: kept(z.literal(1)),
  id: kept(EventId),
  occurred_at: kept(z.string().describe("The database's clock with microseconds")),
  result: kept(EventResult),
  actor,
}

/** Members that only other events have are absent, so that code for any event can ask for them. */
type MemberName = { [N in EventName]: keyof Table[N][1] }[EventName]
type MembersOf<N extends EventName> = ValuesOf<Table[N][1]> & { [M in Exclude<MemberName, keyof Table[N][1]>]?: undefined }

/** What the recorded form of an event parts into: kept and erasable members. */
export const membersOf = (name: EventName): Group => ({ action: kept(z.literal(name)), ...ofAll, ...eventTable[name][1] })

/** What a verb hands to record(): the rest is filled in there. Denials are made in one place of their own. */
export type NewEventOf<N extends EventName, R extends EventResult = Exclude<EventResult, 'deny'>> = {
  [K in N]: { action: K; result: R; actor: ValueOf<typeof actor> } & MembersOf<K>
}[N]
export type NewEvent = NewEventOf<EventName>

type ReadMembersOf<N extends EventName> = ReadsOf<Table[N][1]> & { [M in Exclude<MemberName, keyof Table[N][1]>]?: undefined }

/** An event with its values in place. Absent members are left out, never null; so is what was erased. */
export type EventOf<N extends EventName> = {
  [K in N]: { action: K; category: Table[K][0] } & ReadsOf<typeof ofAll> & ReadMembersOf<K>
}[N]
export type Event = EventOf<EventName>

/** What an event is served with. */
const served = {
  log_index: z.number().int().nonnegative().describe('Place in the log, from 0'),
  erased: z.array(z.string()).optional().describe('Members whose value is not there any more, by their paths'),
  erasure: z
    .object({ event_id: EventId, at: z.string(), by: z.string() })
    .optional()
    .describe('The event of the erasure that accounts for them: when, and by whom'),
  erasable: z
    .record(z.string(), z.string())
    .optional()
    .describe('Where proof was asked for: what the leaf holds in place of the erasable members, digests by path'),
  disclosures: z.array(z.string()).optional().describe('Where proof was asked for: the disclosures (RFC 9901) behind the values'),
}
type Served = z.infer<z.ZodObject<typeof served>>

/** An event as it is served: with its place in the log. */
export type LoggedEvent = Event & Served
export const LoggedEvent = z
  .discriminatedUnion(
    'action',
    eventNames.map((name) => {
      const [category, members] = eventTable[name]
      return groupSchema({ ...ofAll, ...members }).extend({ action: z.literal(name), category: z.literal(category), ...served })
    }) as unknown as [z.ZodObject, ...z.ZodObject[]],
  )
  .meta({ id: 'LoggedEvent' }) as unknown as z.ZodType<LoggedEvent, LoggedEvent>

/** Filters that combine by "and" (A28–A30). */
export const EventFilters = z.strictObject(schemasOf(audit.filters))
export type EventFilters = z.infer<typeof EventFilters>

const Proof = z.stringbool().optional().describe('With the disclosures behind the values, for whoever checks the leaf hash')
export const LogIndex = z
  .string()
  .regex(/^\d{1,15}$/, 'is not a log index')
  .transform(Number)
const Order = z.enum(['asc', 'desc'])
export type Order = z.infer<typeof Order>
export const ListEvents = EventFilters.extend({
  cursor: Cursor.optional(),
  limit: Limit,
  proof: Proof,
  order: Order.default('desc').describe('Newest first, or in the order of the log'),
  after: LogIndex.optional().describe('Only events after this log index'),
})
export type ListEvents = z.infer<typeof ListEvents>
/** S12: what a tenant may ask; the tenant itself is its key's. */
export const ListTenantEvents = ListEvents.omit({ tenant_id: true })

/** Newest first. */
export const EventPage = pageOf(LoggedEvent).meta({ id: 'EventPage' })
export type EventPage = z.infer<typeof EventPage>

/** Events that a filter lets through. */
export const CountEvents = EventFilters.extend({ exact: z.stringbool().default(false).describe('Count every one, however many') })
export type CountEvents = z.infer<typeof CountEvents>
export const CountTenantEvents = CountEvents.omit({ tenant_id: true })
export const EventCount = z
  .object({
    count: z.number().int().nonnegative(),
    is_exact: z.boolean().describe('False where the count was estimated, to two digits'),
    size: z.number().int().nonnegative().describe('The size of the log that was looked at'),
  })
  .meta({ id: 'EventCount' })
export type EventCount = z.infer<typeof EventCount>

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
