import type { Transaction } from 'kysely'
import { Refusal } from '../../errors.ts'
import type { Tables } from '../../store/tables.ts'

/** A staff member by id, or by an e-mail address that only one of them has; locked for the change to come. */
export const getStaff = async (tx: Transaction<Tables>, who: string) => {
  const found = await tx
    .selectFrom('staff')
    .selectAll()
    .where(who.startsWith('stf_') ? 'id' : 'email', '=', who)
    .forUpdate()
    .execute()
  const [staff] = found
  if (staff === undefined) throw new Refusal('not_found', { detail: `No staff member ${who} has ever signed in.` })
  if (found.length > 1) throw new Refusal('conflict', { detail: `${found.length} staff members have the address ${who}: name one by id.` })
  return staff
}
