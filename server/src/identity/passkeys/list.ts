import type { Passkey } from '@countersign/contract/passkeys.ts'
import { approverRoles, roles } from '@countersign/contract/staff.ts'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Ctx } from '../../access/ctx.ts'
import type { StaffPrincipal } from '../../access/principal.ts'
import { verb } from '../../access/verb.ts'
import type { Tables } from '../../store/tables.ts'

type Row = Omit<Passkey, 'usable_from' | 'enrolled_at' | 'last_used_at'> & {
  usable_from: Date | null
  enrolled_at: Date
  last_used_at: Date | null
}

/** Keys that were not removed, the oldest first, as people see them; `usable` by the database's clock. */
export const selectPasskeys = async (db: Kysely<Tables>, where: RawBuilder<unknown>): Promise<Passkey[]> => {
  const { rows } = await sql<Row>`
    select k.id, k.staff_id, s.email as staff_email, k.name, k.enrolled_at, k.last_used_at, k.is_synced,
      case when isfinite(k.usable_from) then k.usable_from end as usable_from,
      case when k.usable_from <= clock_timestamp() then 'usable'
        when isfinite(k.usable_from) then 'waits_24_hours' else 'waits_for_confirmation' end as state
    from staff_passkeys k join staff s on s.id = k.staff_id
    where not exists (select from staff_passkey_removals r where r.passkey_id = k.id) and ${where}
    order by k.enrolled_at, k.id`.execute(db)
  return rows.map((row) => ({
    ...row,
    usable_from: row.usable_from?.toISOString() ?? null,
    enrolled_at: row.enrolled_at.toISOString(),
    last_used_at: row.last_used_at?.toISOString() ?? null,
  }))
}

/** The person's own keys. */
export const listMyPasskeys = verb({
  name: 'list my passkeys',
  may: roles,
  run: ({ store, principal }: Ctx<StaffPrincipal>): Promise<Passkey[]> => selectPasskeys(store.db, sql`k.staff_id = ${principal.id}`),
})

/** Keys of everybody that do not sign yet: whoever countersigns is shown whose keys are about to. */
export const listWaitingPasskeys = verb({
  name: 'list passkeys that wait',
  may: approverRoles,
  run: ({ store }: Ctx<StaffPrincipal>): Promise<Passkey[]> => selectPasskeys(store.db, sql`k.usable_from > clock_timestamp()`),
})
