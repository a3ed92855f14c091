import { sql } from 'kysely'
import type { Ctx } from '../../access/ctx.ts'
import { actorOf, type OperatorPrincipal } from '../../access/principal.ts'
import { transact } from '../../access/transact.ts'
import { verb } from '../../access/verb.ts'
import type { EndSessions } from '../end-sessions.ts'
import { getStaff } from './get.ts'

/** Shuts a staff member out: sign-ins and support sessions end now, and no sign-in of theirs is admitted again. */
export const disableStaff = verb({
  name: 'disable a staff member',
  may: 'operator',
  run: async (
    ctx: Ctx<OperatorPrincipal> & { endSessions: EndSessions },
    who: string,
  ): Promise<{ id: string; disabled: boolean; ended: number }> =>
    await transact(ctx, async (tx) => {
      const staff = await getStaff(tx, who)
      if (staff.disabled_at !== null) return { id: staff.id, disabled: false, ended: 0 }
      await tx.updateTable('staff').set({ disabled_at: sql`clock_timestamp()` }).where('id', '=', staff.id).execute()
      const ended = await tx
        .updateTable('staff_sessions')
        .set({ ended_at: sql`clock_timestamp()`, ended_why: 'disabled' })
        .where('staff_id', '=', staff.id)
        .where('ended_at', 'is', null)
        .returning('id')
        .execute()
      await ctx.journal.record(tx, {
        action: 'STAFF.DISABLED',
        result: 'ok',
        actor: actorOf(ctx.principal),
        target: { kind: 'staff', id: staff.id, label: staff.email },
        details: { count: ended.length },
      })
      await ctx.endSessions(tx, staff.id, 'frozen', actorOf(ctx.principal))
      return { id: staff.id, disabled: true, ended: ended.length }
    }),
})
