import type { Session } from '@countersign/contract/sessions.ts'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { sqlJudged, sqlStanding, sqlStatus } from './standing.ts'

type Row = Omit<Session, 'issued_at' | 'expires_at' | 'ended_at' | 'revoked_at'> & {
  issued_at: Date
  expires_at: Date
  ended_at: Date | null
  revoked_at: Date | null
  /** `issued_at` with the microseconds that a Date would lose. */
  issued_us: string
}

/** Sessions with all that people are shown of them, narrowed by `where`. */
export const selectSessions = async (
  db: Kysely<Tables>,
  where: RawBuilder<unknown>,
  limit = 1,
): Promise<{ session: Session; issued_us: string }[]> => {
  const { rows } = await sql<Row>`
    select s.id, ${sqlStatus} as status, ${sqlStanding} as standing, s.tenant_id, t.name as tenant_name, s.target_user_id, s.staff_id, m.email as staff_email,
      s.reason, s.ticket, s.scopes, s.issued_at, s.expires_at,
      case ${sqlStatus} when 'REVOKED' then r.revoked_at when 'EXPIRED' then s.expires_at end as ended_at,
      case ${sqlStatus} when 'REVOKED' then r.revoked_by_kind when 'EXPIRED' then 'expiry' end as ended_by,
      r.revoked_at, r.revoked_by, r.reason as revocation_reason,
      case ${sqlStatus} when 'ACTIVE' then greatest(0, floor(extract(epoch from s.expires_at - clock_timestamp())))::int else 0 end
        as remaining_seconds,
      to_char(s.issued_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as issued_us
    from ${sqlJudged}
    where ${where}
    order by s.issued_at desc, s.id desc
    limit ${limit}`.execute(db)
  return rows.map(({ issued_us, ...row }) => ({
    issued_us,
    session: {
      ...row,
      issued_at: row.issued_at.toISOString(),
      expires_at: row.expires_at.toISOString(),
      ended_at: row.ended_at?.toISOString() ?? null,
      revoked_at: row.revoked_at?.toISOString() ?? null,
    },
  }))
}
