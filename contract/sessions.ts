import { z } from 'zod'
import { ActionRequestId, RequestId, SessionId, StaffId, TenantId, UserId } from './ids.ts'
import { Cursor, Limit, pageOf } from './pages.ts'
import { AssertionResponse } from './passkeys.ts'
import { presetReadOnly, Scope, ScopeOrPreset } from './scopes.ts'
import { Reason, Remark, Ticket } from './text.ts'
import { sessionStatuses } from './vocabulary.ts'

export { sessionStatuses } from './vocabulary.ts'

export const ttlDefaultMinutes = 15
export const ttlMaximumMinutes = 60
/** X1: a session on one user is shorter. */
export const ttlMaximumUserMinutes = 15

/** S7. The last two are terminal. */
export const SessionStatus = z.enum(sessionStatuses)
export type SessionStatus = z.infer<typeof SessionStatus>

/**
 * Whether a session may be used now, and if not, why. That its tenant is gone from the directory, or its opener may not use it
 * any more, ends nothing: the session is ACTIVE and refuses every request.
 */
export const sessionStandings = ['usable', 'revoked', 'expired', 'idle', 'tenant_gone', 'staff_not_allowed'] as const
export const SessionStanding = z.enum(sessionStandings)
export type SessionStanding = z.infer<typeof SessionStanding>

/** What the console offers for a session in each state. */
export const sessionActs = {
  revoke: { allowed: ['ACTIVE'], otherwise: { EXPIRED: 'It has expired already', REVOKED: 'It is revoked already' } },
} as const

const asked = {
  tenant_id: TenantId,
  target_user_id: UserId.optional(),
  reason: Reason,
  scopes: z.array(ScopeOrPreset).min(1).max(50).default([presetReadOnly]),
  ttl_minutes: z.number().int().min(1).max(ttlMaximumMinutes).default(ttlDefaultMinutes),
  ticket: Ticket.optional(),
}

const isShortOnUser = (input: { target_user_id?: string | undefined; ttl_minutes: number }): boolean =>
  input.target_user_id === undefined || input.ttl_minutes <= ttlMaximumUserMinutes
const longOnUser = { path: ['ttl_minutes'], message: `is at most ${ttlMaximumUserMinutes} for a session on one user` }

/** What a person fills in. */
export const CreateSession = z.strictObject(asked).refine(isShortOnUser, longOnUser).meta({ id: 'CreateSession' })
export type CreateSession = z.infer<typeof CreateSession>

const emptyIsAbsent = (value: unknown): unknown => (value === '' ? undefined : value)

/** The same at the door: a reason or a ticket that is left out is a gate that is not met, and named as one. */
export const OpenSession = z
  .strictObject({
    ...asked,
    reason: z.preprocess(emptyIsAbsent, Reason.optional()),
    ticket: z.preprocess(emptyIsAbsent, Ticket.optional()),
    ask_approval: z.boolean().default(false).describe('Where an approval alone is missing: ask for it instead of being refused'),
    step_up: AssertionResponse.optional().describe('A signature bound to this very attempt'),
  })
  .refine(isShortOnUser, longOnUser)
  .meta({ id: 'OpenSession' })
export type OpenSession = z.infer<typeof OpenSession>

/** By how much longer a session of mine is to run. What is left out is a gate that is not met. */
export const ExtendSession = z
  .strictObject({
    minutes: z
      .number()
      .int()
      .min(1)
      .max(ttlMaximumMinutes - 1),
    reason: z.preprocess(emptyIsAbsent, Reason.optional()),
    ticket: z.preprocess(emptyIsAbsent, Ticket.optional()),
    ask_approval: z.boolean().default(false).describe('Where an approval alone is missing: ask for it instead of being refused'),
    step_up: AssertionResponse.optional().describe('A signature bound to this very attempt'),
  })
  .meta({ id: 'ExtendSession' })
export type ExtendSession = z.infer<typeof ExtendSession>

export const AddTicket = z.strictObject({ ticket: Ticket }).meta({ id: 'AddTicket' })

/** Claims the session that was approved: the token is made now, and shown once. */
export const ClaimSession = z.strictObject({ request_id: ActionRequestId }).meta({ id: 'ClaimSession' })

/** Requests of a session are counted up to here, so that a list of sessions is quick whatever was done in them. */
export const mostCountedRequests = 1_000

/** What revokes a session before its time. */
export const revokers = ['opener', 'staff', 'tenant', 'tenant_gone', 'role_lost', 'frozen', 'signed_out', 'system'] as const
export const Revoker = z.enum(revokers)
export type Revoker = z.infer<typeof Revoker>

export const EndedBy = z.enum(['expiry', 'idle', ...revokers])
export type EndedBy = z.infer<typeof EndedBy>

/** How a session ended, for people. */
export const endedWords: Record<EndedBy, string> = {
  expiry: 'it expired',
  idle: 'nobody did anything in it',
  opener: 'ended by who opened it',
  staff: 'revoked by staff',
  tenant: 'revoked by the tenant',
  tenant_gone: 'its tenant was deleted',
  role_lost: 'who opened it lost the role',
  frozen: 'who opened it was disabled',
  signed_out: 'who opened it signed out',
  system: 'ended by the program',
}

export const Session = z
  .object({
    id: SessionId,
    status: SessionStatus,
    standing: SessionStanding.describe('Whether the gateway lets it be used now, and if not, why'),
    tenant_id: TenantId,
    tenant_name: z.string().nullable(),
    target_user_id: UserId.nullable(),
    target_user_label: z.string().nullable().describe('E-mail address of that user when it was opened; null where it was erased'),
    staff_id: StaffId,
    staff_email: z.string(),
    reason: z.string().nullable().describe('Null where it was erased'),
    ticket: z.string().nullable(),
    scopes: z.array(Scope),
    requests: z
      .number()
      .int()
      .nonnegative()
      .nullable()
      .describe(
        `Requests that the log has of it, refused ones too; ${mostCountedRequests} stands for that many or more, null for not counted`,
      ),
    issued_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    idle_at: z.iso.datetime().describe('When it ends if nobody does anything in it until then'),
    idle_minutes: z.number().describe('How long nothing may be done in it'),
    ended_at: z.iso.datetime().nullable(),
    ended_by: EndedBy.nullable(),
    revoked_at: z.iso.datetime().nullable(),
    revoked_by: z.string().nullable().describe('E-mail address of who revoked it, or the part of the program that did'),
    revocation_reason: z.string().nullable(),
    remaining_seconds: z.number().int().nonnegative().describe("By the database's clock; 0 when ended"),
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof Session>

/** M13: the tenant's health answered the question, so no session was opened. */
export const AvoidSession = z.strictObject({ tenant_id: TenantId }).meta({ id: 'AvoidSession' })
export type AvoidSession = z.infer<typeof AvoidSession>

/** The token is shown once; only its SHA-256 is kept. */
export const CreatedSession = z
  .object({
    session: Session,
    token: z.string().regex(/^css_[A-Za-z0-9_-]{43}$/),
    gateway_url: z.url(),
  })
  .meta({ id: 'CreatedSession' })
export type CreatedSession = z.infer<typeof CreatedSession>

export const ListSessions = z.strictObject({
  status: SessionStatus.optional(),
  tenant_id: TenantId.optional(),
  staff_id: StaffId.optional(),
  cursor: Cursor.optional(),
  limit: Limit,
})
export type ListSessions = z.infer<typeof ListSessions>

export const SessionPage = pageOf(Session)
  .extend({
    counters: z.object({
      active: z.number().int(),
      revoked: z.number().int(),
      expired: z.number().int(),
      unusable: z.number().int().describe('How many of the active ones may not be used now: see `standing`'),
    }),
  })
  .meta({ id: 'SessionPage' })
export type SessionPage = z.infer<typeof SessionPage>

export const RevokeSession = z.strictObject({ reason: Remark.optional() }).meta({ id: 'RevokeSession' })
export type RevokeSession = z.infer<typeof RevokeSession>

/** One static file of a page load. */
export const AccessLogFile = z
  .object({
    request_id: RequestId,
    method: z.string(),
    path: z.string().nullable().describe('Null where it was erased'),
    status: z.number().int().nullable(),
    code: z.string().nullable().describe('Why it failed or was cut'),
    duration_ms: z.number().nullable(),
    bytes: z.number().int().nullable(),
  })
  .meta({ id: 'AccessLogFile' })
export type AccessLogFile = z.infer<typeof AccessLogFile>

/** One request of a session (C44): its admission and completion, or its refusal, as one row. So are static files that were loaded together. */
export const AccessLogRow = z
  .object({
    log_index: z.number().int().describe('Place of the first event of this request in the log'),
    via: z.enum(['token', 'browser', 'navigation']).describe('With the token, by a page in a view, or to go to a page there'),
    request_id: RequestId,
    at: z.iso.datetime(),
    method: z.string(),
    path: z.string().nullable().describe('Null where it was erased'),
    route: z.string().nullable().describe('Pattern of the route that it matched; null where none did'),
    scope: z.string().nullable(),
    outcome: z.enum(['admitted', 'completed', 'refused', 'cut', 'failed']),
    status: z.number().int().nullable().describe('HTTP status the caller got; null while under way'),
    code: z.string().nullable().describe('Why it was refused'),
    note: z.string().optional().describe('What more is known of that: the character of a target, the cause in the network'),
    reads: z.boolean().optional().describe('The route only reads, whatever its method'),
    duration_ms: z.number().nullable(),
    bytes: z.number().int().nullable(),
    files: z.array(AccessLogFile).nullable().describe('Where the row is static files that were loaded together: each of them'),
  })
  .meta({ id: 'AccessLogRow' })
export type AccessLogRow = z.infer<typeof AccessLogRow>
export const AccessLogPage = pageOf(AccessLogRow).meta({ id: 'AccessLogPage' })
export type AccessLogPage = z.infer<typeof AccessLogPage>
export const ListAccessLog = z.strictObject({ cursor: Cursor.optional(), limit: Limit })
