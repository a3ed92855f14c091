import { mostCountedRequests, type Session } from '@countersign/contract/sessions.ts'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { digestOfRow } from '../audit/commit.ts'
import type { Tables } from '../store/tables.ts'
import { sqlEnds, sqlJudged, sqlStanding, sqlStatus } from './standing.ts'

/** A value that lies in the database beside an event, and the digest that it has to have. */
type Disclosed = { digest: string | null; salt: string; value: string }

type Row = Omit<
  Session,
  'issued_at' | 'expires_at' | 'idle_at' | 'ended_at' | 'revoked_at' | 'reason' | 'ticket' | 'revocation_reason' | 'target_user_label'
> & {
  label: Disclosed | null
  reason: Disclosed | null
  ticket: Disclosed | null
  revocation_reason: Disclosed | null
  issued_at: Date
  expires_at: Date
  idle_at: Date
  ended_at: Date | null
  revoked_at: Date | null
  /** `issued_at` with the microseconds that a Date would lose. */
  issued_us: string
}

/** The text, where it is there and is the one that the log commits to. */
const textOf = (member: string, found: Disclosed | null): string | null =>
  found !== null && digestOfRow({ salt: found.salt, member, value: found.value }) === found.digest ? JSON.parse(found.value) : null

/** By a query of its own, and not one more join: to plan many joins takes longer than to carry them out. */
const disclosed = (holder: string, member: string, digest: RawBuilder<unknown>) =>
  sql`(select json_build_object('digest', ${digest}, 'salt', d.salt, 'value', d.value) from disclosures d
    where d.holder = ${sql.ref(holder)} and d.member = ${sql.lit(member)})`

/** Each request enters the log with one of these. */
const sqlRequests = sql<number>`(
  select count(*)::int from (
    select from log_entries e
    where e.session_id = s.id and e.action in ('SUPPORT_SESSION.REQUEST.ADMITTED', 'SUPPORT_SESSION.REQUEST.REFUSED')
    limit ${sql.lit(mostCountedRequests)}
  ) counted)`

/** Sessions with all that people are shown of them, narrowed by `where`; their requests are not counted where the log is not to be read. */
export const selectSessions = async (
  db: Kysely<Tables>,
  where: RawBuilder<unknown>,
  limit = 1,
  isCounted = true,
): Promise<{ session: Session; issued_us: string }[]> => {
  const { rows } = await sql<Row>`
    select s.id, ${sqlStatus} as status, ${sqlStanding} as standing, s.tenant_id, t.name as tenant_name, s.target_user_id, ${disclosed('s.id', 'target.label', sql`s.digests ->> 'target.label'`)} as label, s.staff_id, m.email as staff_email,
      ${disclosed('s.id', 'reason', sql`s.digests ->> 'reason'`)} as reason, ${disclosed('s.id', 'ticket', sql`s.digests ->> 'ticket'`)} as ticket, s.scopes, ${isCounted ? sqlRequests : sql`null::int`} as requests, s.issued_at, s.expires_at, a.idle_at,
      s.idle_seconds / 60.0::float8 as idle_minutes,
      case ${sqlStatus} when 'REVOKED' then r.revoked_at when 'EXPIRED' then ${sqlEnds} end as ended_at,
      case ${sqlStatus} when 'REVOKED' then r.revoked_by_kind when 'EXPIRED' then case when a.idle_at < s.expires_at then 'idle' else 'expiry' end end as ended_by,
      r.revoked_at, coalesce((select b.email from staff b where b.id = r.revoked_by), r.revoked_by) as revoked_by, ${disclosed('r.event_id', 'reason', sql`r.reason_digest`)} as revocation_reason,
      case ${sqlStatus} when 'ACTIVE' then greatest(0, floor(extract(epoch from s.expires_at - clock_timestamp())))::int else 0 end
        as remaining_seconds,
      to_char(s.issued_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as issued_us
    from ${sqlJudged}
    where ${where}
    order by s.issued_at desc, s.id desc
    limit ${limit}`.execute(db)
  return rows.map(({ issued_us, label, ...row }) => ({
    issued_us,
    session: {
      ...row,
      target_user_label: row.target_user_id === null ? null : textOf('target.label', label),
      reason: textOf('reason', row.reason),
      ticket: textOf('ticket', row.ticket),
      revocation_reason: textOf('reason', row.revocation_reason),
      issued_at: row.issued_at.toISOString(),
      expires_at: row.expires_at.toISOString(),
      idle_at: row.idle_at.toISOString(),
      ended_at: row.ended_at?.toISOString() ?? null,
      revoked_at: row.revoked_at?.toISOString() ?? null,
    },
  }))
}
