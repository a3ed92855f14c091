import type { EventName } from '@countersign/contract/events.ts'
import type { EndedBy, Revoker } from '@countersign/contract/sessions.ts'

type OnUser = { target_user_id: string | null }
/** By what ended it: of a session on a tenant, and of one on a user. */
type Names<By extends EndedBy> = Record<By, readonly [EventName, EventName]>

/*
 * A session on one user is an impersonation, and has events of its own name (X11). Their target is the user: who looks for what
 * was done to a user finds its end too.
 */

export const openedName = ({ target_user_id }: OnUser) => (target_user_id === null ? 'SUPPORT_SESSION.CREATED' : 'IMPERSONATE.STARTED')

export const deniedName = ({ target_user_id }: OnUser) => (target_user_id === null ? 'SUPPORT_SESSION.DENIED' : 'IMPERSONATE.DENIED')

export const extendedName = ({ target_user_id }: OnUser) => (target_user_id === null ? 'SUPPORT_SESSION.EXTENDED' : 'IMPERSONATE.EXTENDED')

/** Of sessions that ran out, by themselves. */
const ranOut = {
  expiry: ['SUPPORT_SESSION.EXPIRED', 'IMPERSONATE.EXPIRED'],
  idle: ['SUPPORT_SESSION.TIMED_OUT', 'IMPERSONATE.TIMED_OUT'],
} as const satisfies Names<Exclude<EndedBy, Revoker>>

/** Whoever opened an impersonation ends it; another person, its tenant or the program revokes it. */
const revoked = {
  opener: ['SUPPORT_SESSION.REVOKED', 'IMPERSONATE.ENDED'],
  staff: ['SUPPORT_SESSION.REVOKED', 'IMPERSONATE.REVOKED'],
  tenant: ['SUPPORT_SESSION.REVOKED', 'IMPERSONATE.REVOKED'],
  tenant_gone: ['SUPPORT_SESSION.TENANT_GONE', 'IMPERSONATE.TENANT_GONE'],
  role_lost: ['SUPPORT_SESSION.ROLE_LOST', 'IMPERSONATE.ROLE_LOST'],
  frozen: ['SUPPORT_SESSION.FROZEN', 'IMPERSONATE.FROZEN'],
  signed_out: ['SUPPORT_SESSION.SIGNED_OUT', 'IMPERSONATE.SIGNED_OUT'],
  system: ['SUPPORT_SESSION.REVOKED', 'IMPERSONATE.REVOKED'],
} as const satisfies Names<Revoker>

const placeOf = ({ target_user_id }: OnUser) => (target_user_id === null ? 0 : 1)

export const ranOutName = (session: OnUser, by: keyof typeof ranOut) => ranOut[by][placeOf(session)]
export const revokedName = (session: OnUser, by: Revoker) => revoked[by][placeOf(session)]

/** What an end of the session was done to. */
export const endedTarget = ({ id, target_user_id }: OnUser & { id: string }) =>
  target_user_id === null ? ({ kind: 'session', id } as const) : ({ kind: 'user', id: target_user_id } as const)
