import type { Ctx } from '../../access/ctx.ts'
import { actorOf, type OperatorPrincipal } from '../../access/principal.ts'
import { transact } from '../../access/transact.ts'
import { verb } from '../../access/verb.ts'
import { getStaff } from './get.ts'

/** Lets a staff member sign in again. Sign-ins that were ended stay ended. */
export const enableStaff = verb({
  name: 'enable a staff member',
  may: 'operator',
  run: async (ctx: Ctx<OperatorPrincipal>, who: string): Promise<{ id: string; enabled: boolean }> =>
    await transact(ctx, async (tx) => {
      const staff = await getStaff(tx, who)
      if (staff.disabled_at === null) return { id: staff.id, enabled: false }
      await tx.updateTable('staff').set({ disabled_at: null }).where('id', '=', staff.id).execute()
      await ctx.journal.record(tx, {
        action: 'STAFF.ENABLED',
        result: 'ok',
        actor: actorOf(ctx.principal),
        target: { kind: 'staff', id: staff.id, label: staff.email },
      })
      return { id: staff.id, enabled: true }
    }),
})
