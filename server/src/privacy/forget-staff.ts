import { readLogSize } from '../audit/tree-reader.ts'
import { transaction } from '../store/transaction.ts'
import type { EraseBase, Erasure } from './erase.ts'

/** Leaves of a staff member the ids alone. Whoever signs in again brings a name again. */
export const forgetStaff = async ({ store, journal }: EraseBase, erasure: Erasure, id: string): Promise<void> => {
  const through = (await readLogSize(store)) - 1
  await transaction(store, async (tx) => {
    const staff = await tx
      .updateTable('staff')
      .set({ email: id, name: id })
      .where('id', '=', id)
      .where('email', '<>', id)
      .returning('id')
      .executeTakeFirst()
    const keys = await tx.updateTable('staff_passkeys').set({ name: id }).where('staff_id', '=', id).where('name', '<>', id).execute()
    const named = keys.reduce((sum, { numUpdatedRows }) => sum + Number(numUpdatedRows), 0)
    if (!staff && named === 0) return
    await journal.record(tx, {
      action: 'PERSONAL_DATA.ERASED',
      result: 'ok',
      actor: erasure.actor,
      target: { kind: 'staff', id },
      reason: erasure.reason,
      details: {
        selector: erasure.selector,
        members: { ...(staff ? { 'staff.email': 1, 'staff.name': 1 } : {}), ...(named > 0 ? { 'staff_passkeys.name': named } : {}) },
        count: (staff ? 2 : 0) + named,
        through,
      },
    })
  })
}
