import type { Role } from '@countersign/contract/staff.ts'
import { type Kysely, sql } from 'kysely'
import type { StaffPrincipal } from '../../server/src/access/principal.ts'
import { newId } from '../../server/src/ids.ts'
import type { Tables } from '../../server/src/store/tables.ts'

/** Somebody of the staff with these roles, who has just signed in. */
export const insertStaff = async (db: Kysely<Tables>, roles: Role[] = ['support_admin']): Promise<StaffPrincipal> => {
  const id = newId('staff')
  const session_id = newId('staffSession')
  const person = { issuer: 'https://id.example', subject: id, email: `${id}@vendor.example`, name: 'Rob Test' }
  await sql`insert into staff (id, issuer, subject, email, name, roles)
    values (${id}, ${person.issuer}, ${person.subject}, ${person.email}, ${person.name}, ${roles}::text[])`.execute(db)
  await sql`insert into staff_sessions (id, token_hash, staff_id, expires_at)
    values (${session_id}, sha256(${session_id}::bytea), ${id}, clock_timestamp() + interval '8 hours')`.execute(db)
  return { kind: 'staff', id, ...person, roles, session_id }
}
