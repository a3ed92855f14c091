import type { Session } from '@countersign/contract/sessions.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { sql, type Transaction } from 'kysely'
import type { Ctx } from '../access/ctx.ts'
import { actorOf, type StaffPrincipal } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import type { Tables } from '../store/tables.ts'
import { lockSession } from './order.ts'
import { aboutSession, requireOwnSession } from './own.ts'
import { selectSessions } from './row.ts'
import { sqlEnds } from './standing.ts'

/** Counts the idle time of a session that still runs from now. */
export const moveIdleLimit = async (tx: Transaction<Tables>, sessionId: string): Promise<void> => {
  await sql`
    update session_activity a set idle_at = clock_timestamp() + make_interval(secs => s.idle_seconds)
    from support_sessions s where a.session_id = ${sessionId} and s.id = a.session_id and ${sqlEnds} > clock_timestamp()`.execute(tx)
}

/** Says that somebody is there, in a session of one's own that was idle for a while. It runs no longer than it would. */
export const stayInSession = verb({
  name: 'stay in a session',
  may: consoleRoles,
  named: (session_id: string) => ({ session_id }),
  run: async (ctx: Ctx<StaffPrincipal>, session_id: string): Promise<Session> =>
    await transact(ctx, async (tx) => {
      await lockSession(tx, session_id)
      const session = await requireOwnSession(tx, ctx.principal, session_id)
      await moveIdleLimit(tx, session_id)
      await ctx.journal.record(tx, {
        action: 'SUPPORT_SESSION.STAYED',
        result: 'ok',
        actor: actorOf(ctx.principal),
        ...aboutSession(session),
      })
      const [found] = await selectSessions(tx, sql`s.id = ${session_id}`)
      if (!found) throw new Error('a session that was found is not there')
      return found.session
    }),
})
