import type { NewEvent } from '@countersign/contract/events.ts'
import { RevokeSession, type Session } from '@countersign/contract/sessions.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { sql, type Transaction } from 'kysely'
import type { z } from 'zod'
import type { Ctx } from '../access/ctx.ts'
import { type Denied, deny } from '../access/deny.ts'
import { roleMissing } from '../access/may.ts'
import { parse } from '../access/parse.ts'
import { actorOf, hasRole, type StaffPrincipal } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import type { DraftEvent } from '../audit/record.ts'
import { Refusal } from '../errors.ts'
import type { Tables } from '../store/tables.ts'
import { committedTo } from './digests.ts'
import { endedTarget, revokedName } from './event-names.ts'
import { lockSession } from './order.ts'
import { selectSessions } from './row.ts'
import { sqlJudged, sqlStatus } from './standing.ts'

type RevokeCtx = Ctx<StaffPrincipal> & {
  /** Told after the commit, so that what runs in this process is cut at once; other replicas look themselves. */
  onRevoked: (sessionId: string) => void
}

type Input = { session_id: string } & z.input<typeof RevokeSession>

type Row = { staff_id: string; tenant_id: string }

/** Its opener, also without the role by now, and any staff with it: ending access is never harder than taking it. */
const mayRevoke = (principal: StaffPrincipal, row: Row | undefined): boolean =>
  principal.id === row?.staff_id || hasRole(principal, consoleRoles)

const denyRevoke = (principal: StaffPrincipal, sessionId: string, row: Row | undefined): Denied =>
  deny(roleMissing(consoleRoles), {
    action: 'ACCESS.DENIED',
    actor: actorOf(principal),
    ...(row ? { tenant_id: row.tenant_id, session_id: sessionId } : {}),
    target: { kind: 'session', id: sessionId },
    note: `revoking needs ${consoleRoles.join(' or ')}, or to have opened the session`,
  })

/** Revokes where the session is still running by the database's clock; answers whether it was this call that did. */
const insertRevocation = async (
  tx: Transaction<Tables>,
  sessionId: string,
  by: { kind: 'opener' | 'staff'; staff_id: string; event: DraftEvent },
): Promise<boolean> => {
  const { rows } = await sql`
    insert into session_revocations (session_id, revoked_by_kind, revoked_by, event_id, reason_digest)
    select s.id, ${by.kind}, ${by.staff_id}, ${by.event.id}, ${by.event.digests.reason ?? null} from ${sqlJudged}
    where s.id = ${sessionId} and ${sqlStatus} = 'ACTIVE'
    on conflict (session_id) do nothing
    returning session_id`.execute(tx)
  return rows.length > 0
}

/** Ends a session for good. Twice is harmless: the second time answers the same session and records nothing. */
export const revokeSession = verb({
  name: 'revoke a session',
  may: 'staff',
  named: ({ session_id }: Input) => ({ session_id }),
  parse: ({ session_id, ...rest }: Input) => ({ session_id, ...parse(RevokeSession, rest) }),
  async run(ctx: RevokeCtx, { session_id, reason: given }): Promise<Session> {
    const { principal, journal } = ctx
    const reason = given || undefined
    const revoked = await transact(ctx, async (tx) => {
      const row = await tx
        .selectFrom('support_sessions')
        .select(['id', 'staff_id', 'tenant_id', 'target_user_id', 'digests'])
        .where('id', '=', session_id)
        .executeTakeFirst()
      if (!mayRevoke(principal, row)) throw denyRevoke(principal, session_id, row)
      if (!row) throw new Refusal('not_found')
      const kind = row.staff_id === principal.id ? 'opener' : 'staff'
      // Events of these names all have the same members.
      const event = journal.draft({
        action: revokedName(row, kind),
        result: 'ok',
        actor: actorOf(principal),
        tenant_id: row.tenant_id,
        target: endedTarget(row),
        session_id,
        ticket: committedTo(row.digests, 'ticket'),
        reason,
        details: { revoked_by: kind },
      } as NewEvent)
      await lockSession(tx, session_id)
      const mine = await insertRevocation(tx, session_id, { kind, staff_id: principal.id, event })
      if (mine) await journal.write(tx, [event])
      // A revocation does not wait for whatever the log waits for.
      const [found] = await selectSessions(tx, sql`s.id = ${session_id}`, 1, false)
      if (!found) throw new Refusal('not_found')
      if (!mine && found.session.status !== 'REVOKED') throw new Refusal('session_already_over')
      return found.session
    })
    ctx.onRevoked(session_id)
    return revoked
  },
})
