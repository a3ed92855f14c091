import type { Journal } from '../../audit/record.ts'
import type { Store } from '../../store/open.ts'
import { transaction } from '../../store/transaction.ts'
import { actorOf, type OperatorPrincipal } from '../principal.ts'
import { getStaff } from './get.ts'

/** Lets a staff member sign in again. Sign-ins that were ended stay ended. */
export const enableStaff = async (
  needs: { store: Store; journal: Journal },
  operator: OperatorPrincipal,
  who: string,
): Promise<{ id: string; enabled: boolean }> =>
  transaction(needs.store, async (tx) => {
    const staff = await getStaff(tx, who)
    if (staff.disabled_at === null) return { id: staff.id, enabled: false }
    await tx.updateTable('staff').set({ disabled_at: null }).where('id', '=', staff.id).execute()
    await needs.journal.record(tx, {
      action: 'STAFF.ENABLED',
      result: 'ok',
      actor: actorOf(operator),
      target: { kind: 'staff', id: staff.id, label: staff.email },
    })
    return { id: staff.id, enabled: true }
  })
