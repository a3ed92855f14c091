import { RevokeSession, type Session } from '@countersign/contract/sessions.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { sql, type Transaction } from 'kysely'
import type { z } from 'zod'
import type { Journal } from '../audit/record.ts'
import { Refusal } from '../errors.ts'
import { actorOf, hasRole, type Principal, type StaffPrincipal } from '../identity/principal.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import { endedTarget, revokedName } from './event-names.ts'
import { lockSession } from './order.ts'
import { selectSessions } from './row.ts'
import { sqlJudged, sqlStatus } from './standing.ts'

export type RevokeNeeds = {
  store: Store
  journal: Journal
  /** Told after the commit, so that what runs in this process is cut at once; other replicas look themselves. */
  onRevoked: (sessionId: string) => void
}

/** Its opener, also without the role by now, and any staff with it: ending access is never harder than taking it. */
const mayRevoke = (principal: Principal, opener: string | undefined): principal is StaffPrincipal =>
  (principal.kind === 'staff' && principal.id === opener) || hasRole(principal, consoleRoles)

/** Revokes where the session is still running by the database's clock; answers whether it was this call that did. */
const insertRevocation = async (
  tx: Transaction<Tables>,
  sessionId: string,
  by: { kind: 'opener' | 'staff'; email: string; reason: string | undefined },
): Promise<boolean> => {
  const { rows } = await sql`
    insert into session_revocations (session_id, revoked_by_kind, revoked_by, reason)
    select s.id, ${by.kind}, ${by.email}, ${by.reason ?? null} from ${sqlJudged}
    where s.id = ${sessionId} and ${sqlStatus} = 'ACTIVE'
    on conflict (session_id) do nothing
    returning session_id`.execute(tx)
  return rows.length > 0
}

/** Ends a session for good. Twice is harmless: the second time answers the same session and records nothing. */
export const revokeSession = async (
  needs: RevokeNeeds,
  principal: Principal,
  sessionId: string,
  input: z.input<typeof RevokeSession>,
): Promise<Session> => {
  const parsed = RevokeSession.safeParse(input ?? {})
  if (!parsed.success) {
    throw new Refusal('invalid_request', { errors: parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })) })
  }
  const reason = parsed.data.reason || undefined
  const revoked = await transaction(needs.store, async (tx) => {
    const row = await tx
      .selectFrom('support_sessions')
      .select(['id', 'staff_id', 'tenant_id', 'target_user_id', 'ticket'])
      .where('id', '=', sessionId)
      .executeTakeFirst()
    if (!mayRevoke(principal, row?.staff_id)) {
      await needs.journal.record(tx, {
        action: 'ACCESS.DENIED',
        result: 'deny',
        actor: actorOf(principal),
        ...(row ? { tenant_id: row.tenant_id, session_id: sessionId } : {}),
        target: { kind: 'session', id: sessionId },
        code: 'role_missing',
        note: `revoking needs ${consoleRoles.join(' or ')}, or to have opened the session`,
      })
      return undefined
    }
    if (!row) throw new Refusal('not_found')
    const kind = row.staff_id === principal.id ? 'opener' : 'staff'
    await lockSession(tx, sessionId)
    const mine = await insertRevocation(tx, sessionId, { kind, email: principal.email, reason })
    const [found] = await selectSessions(tx, sql`s.id = ${sessionId}`)
    if (!found) throw new Refusal('not_found')
    if (!mine && found.session.status !== 'REVOKED') throw new Refusal('session_already_over')
    if (mine) {
      await needs.journal.record(tx, {
        action: revokedName(row, kind),
        result: 'ok',
        actor: actorOf(principal),
        tenant_id: row.tenant_id,
        target: endedTarget(row),
        session_id: sessionId,
        ...(row.ticket === null ? {} : { ticket: row.ticket }),
        ...(reason === undefined ? {} : { reason }),
        details: { revoked_by: kind },
      })
    }
    return found.session
  })
  if (revoked === undefined) throw new Refusal('role_missing', { detail: `This needs ${consoleRoles.join(' or ')}.` })
  needs.onRevoked(sessionId)
  return revoked
}
