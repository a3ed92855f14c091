import type { EndedBy } from '@countersign/contract/sessions.ts'

type OnUser = { target_user_id: string | null }

/*
 * A session on one user is an impersonation, and has events of its own name (X11). Their target is the user: who looks for what
 * was done to a user finds its end too.
 */

export const openedName = ({ target_user_id }: OnUser) => (target_user_id === null ? 'SUPPORT_SESSION.CREATED' : 'IMPERSONATE.STARTED')

export const deniedName = ({ target_user_id }: OnUser) => (target_user_id === null ? 'SUPPORT_SESSION.DENIED' : 'IMPERSONATE.DENIED')

export const expiredName = ({ target_user_id }: OnUser) => (target_user_id === null ? 'SUPPORT_SESSION.EXPIRED' : 'IMPERSONATE.EXPIRED')

/** Whoever opened an impersonation ends it; anybody else revokes it. */
export const revokedName = ({ target_user_id }: OnUser, by: EndedBy) => {
  if (target_user_id === null) return 'SUPPORT_SESSION.REVOKED'
  return by === 'opener' ? 'IMPERSONATE.ENDED' : 'IMPERSONATE.REVOKED'
}

/** What an end of the session was done to. */
export const endedTarget = ({ id, target_user_id }: OnUser & { id: string }) =>
  target_user_id === null ? ({ kind: 'session', id } as const) : ({ kind: 'user', id: target_user_id } as const)
