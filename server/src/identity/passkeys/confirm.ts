import type { Passkey } from '@countersign/contract/passkeys.ts'
import { type Kysely, sql } from 'kysely'
import type { Ctx } from '../../access/ctx.ts'
import { actorOf, type StaffPrincipal } from '../../access/principal.ts'
import { transact } from '../../access/transact.ts'
import { verb } from '../../access/verb.ts'
import { Refusal } from '../../errors.ts'
import type { Tables } from '../../store/tables.ts'
import { denyPasskey } from './deny.ts'
import { selectPasskeys } from './list.ts'

const requirePasskey = async (tx: Kysely<Tables>, id: string): Promise<Passkey> => {
  const [passkey] = await selectPasskeys(tx, sql`k.id = ${id}`)
  if (passkey === undefined) throw new Refusal('not_found')
  return passkey
}

/** Lets a waiting key sign: a super_admin vouches for whose it is, never for one of their own. Twice is harmless. */
export const confirmPasskey = verb({
  name: 'confirm a passkey',
  may: ['super_admin'],
  run: ({ principal, ...base }: Ctx<StaffPrincipal>, id: string): Promise<Passkey> =>
    transact(base, async (tx) => {
      const { staff_id, name } = await requirePasskey(tx, id)
      if (staff_id === principal.id) throw denyPasskey(principal, 'own_passkey', 'a key cannot be confirmed by its owner')
      const confirmed = await tx
        .insertInto('staff_passkey_confirmations')
        .values({ passkey_id: id, staff_id, confirmed_by: principal.id })
        .onConflict((conflict) => conflict.column('passkey_id').doNothing())
        .returning('passkey_id')
        .executeTakeFirst()
      if (confirmed) {
        await sql`update staff_passkeys set usable_from = least(usable_from, clock_timestamp()) where id = ${id}`.execute(tx)
        await base.journal.record(tx, {
          action: 'STAFF.PASSKEY.CONFIRMED',
          result: 'ok',
          actor: actorOf(principal),
          target: { kind: 'passkey', id, label: name },
          details: { staff_id },
        })
      }
      return await requirePasskey(tx, id)
    }),
})
