import { roles } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import type { Ctx } from '../../access/ctx.ts'
import { actorOf, hasRole, type StaffPrincipal } from '../../access/principal.ts'
import { transact } from '../../access/transact.ts'
import { verb } from '../../access/verb.ts'
import { Refusal } from '../../errors.ts'
import { selectPasskeys } from './list.ts'

/** Takes a key out of use for good: its owner, or a super_admin. What it signed and was not yet carried out is void. */
export const removePasskey = verb({
  name: 'remove a passkey',
  may: roles,
  run: ({ principal, ...base }: Ctx<StaffPrincipal>, id: string): Promise<void> =>
    transact(base, async (tx) => {
      const [found] = await selectPasskeys(tx, sql`k.id = ${id}`)
      if (found === undefined || (found.staff_id !== principal.id && !hasRole(principal, ['super_admin']))) throw new Refusal('not_found')
      const removed = await tx
        .insertInto('staff_passkey_removals')
        .values({ passkey_id: id, removed_by: principal.id })
        .onConflict((conflict) => conflict.column('passkey_id').doNothing())
        .returning('passkey_id')
        .executeTakeFirst()
      if (removed === undefined) return
      await base.journal.record(tx, {
        action: 'STAFF.PASSKEY.REMOVED',
        result: 'ok',
        actor: actorOf(principal),
        target: { kind: 'passkey', id, label: found.name },
        details: { staff_id: found.staff_id },
      })
    }),
})
