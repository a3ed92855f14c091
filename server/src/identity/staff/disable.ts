import { sql } from 'kysely'
import type { Journal } from '../../audit/record.ts'
import type { Store } from '../../store/open.ts'
import { transaction } from '../../store/transaction.ts'
import { actorOf, type OperatorPrincipal } from '../principal.ts'
import { getStaff } from './get.ts'

/** Shuts a staff member out: sign-ins end now, and neither a sign-in nor a support session of theirs is admitted again. */
export const disableStaff = async (
  needs: { store: Store; journal: Journal },
  operator: OperatorPrincipal,
  who: string,
): Promise<{ id: string; disabled: boolean; ended: number }> =>
  transaction(needs.store, async (tx) => {
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
    await needs.journal.record(tx, {
      action: 'STAFF.DISABLED',
      result: 'ok',
      actor: actorOf(operator),
      target: { kind: 'staff', id: staff.id, label: staff.email },
      details: { count: ended.length },
    })
    return { id: staff.id, disabled: true, ended: ended.length }
  })
