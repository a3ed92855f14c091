import { type Kysely, sql } from 'kysely'
import type { StaffPrincipal } from '../access/principal.ts'
import { sqlActive, sqlJudged } from '../sessions/standing.ts'
import type { Tables } from '../store/tables.ts'

/** What a decision needs of the requester's sign-in, by the database's clock. */
export type Standing = { now: Date; signedInAt: Date; steppedUpAt: Date | null }

export const readStanding = async (db: Kysely<Tables>, { session_id }: Pick<StaffPrincipal, 'session_id'>): Promise<Standing> => {
  const { rows } = await sql<{ now: Date; signed_in_at: Date; stepped_up_at: Date | null }>`
    select clock_timestamp() as now, created_at as signed_in_at, stepped_up_at from staff_sessions where id = ${session_id}`.execute(db)
  const row = rows[0]
  if (!row) throw new Error('a sign-in that let somebody in is not there')
  return { now: row.now, signedInAt: row.signed_in_at, steppedUpAt: row.stepped_up_at }
}

/** The requester's own support session on a tenant that runs now, the newest first: what is done meanwhile belongs to it. */
export const findOwnSession = async (db: Kysely<Tables>, staffId: string, tenantId: string): Promise<string | undefined> => {
  const { rows } = await sql<{ id: string }>`
    select s.id from ${sqlJudged}
    where s.staff_id = ${staffId} and s.tenant_id = ${tenantId} and ${sqlActive}
    order by s.issued_at desc limit 1`.execute(db)
  return rows[0]?.id
}
