import { ListSessions, type SessionPage, type SessionStatus } from '@countersign/contract/sessions.ts'
import { sessionReadRoles } from '@countersign/contract/staff.ts'
import { type RawBuilder, sql } from 'kysely'
import type { z } from 'zod'
import type { Ctx } from '../access/ctx.ts'
import { parse } from '../access/parse.ts'
import { formatPlace, parsePlace } from '../access/place.ts'
import type { StaffPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import { selectSessions } from './row.ts'
import { sqlActive, sqlEnds, sqlJudged, sqlStanding } from './standing.ts'

/** What is over is counted as it comes about, by the database's triggers; the few that run are looked at. */
const counters = sql<SessionPage['counters']>`
  select active, revoked, opened - revoked - active as expired, unusable
  from (
    select count(*)::int as active, count(*) filter (where ${sqlStanding} <> 'usable')::int as unusable from ${sqlJudged} where ${sqlActive}
  ) running, (
    select max(n) filter (where name = 'opened')::int as opened, max(n) filter (where name = 'revoked')::int as revoked from session_counts
  ) kept`

/** The statuses, said of a session and its activity alone: so the indexes lead to those that are shown, and only they are joined. */
const withStatus = {
  ACTIVE: sqlActive,
  REVOKED: sql`s.revoked`,
  EXPIRED: sql`not s.revoked and ${sqlEnds} <= clock_timestamp()`,
} as const satisfies Record<SessionStatus, RawBuilder<unknown>>

/** Sessions, newest first, and how many there are of each status over all of them. */
export const listSessions = verb({
  name: 'list sessions',
  may: sessionReadRoles,
  parse: (raw: z.input<typeof ListSessions>) => parse(ListSessions, raw),
  async run({ store }: Ctx<StaffPrincipal>, { status, tenant_id, staff_id, cursor, limit }): Promise<SessionPage> {
    const conditions: RawBuilder<unknown>[] = [sql`true`]
    if (status) conditions.push(withStatus[status])
    if (tenant_id) conditions.push(sql`s.tenant_id = ${tenant_id}`)
    if (staff_id) conditions.push(sql`s.staff_id = ${staff_id}`)
    if (cursor) {
      const [issuedAt, id] = parsePlace(cursor)
      conditions.push(sql`(s.issued_at, s.id) < (${issuedAt}::timestamptz, ${id})`)
    }
    const which = sql`s.id = any(array(
      select s.id from support_sessions s join session_activity a on a.session_id = s.id
      where ${sql.join(conditions, sql` and `)} order by s.issued_at desc, s.id desc limit ${limit + 1}))`
    const found = await selectSessions(store.db, which, limit + 1)
    const page = found.slice(0, limit)
    const last = page.at(-1)
    const counted = await counters.execute(store.db)
    return {
      items: page.map(({ session }) => session),
      next_cursor: found.length > limit && last ? formatPlace([last.issued_us, last.session.id]) : null,
      counters: counted.rows[0] ?? { active: 0, revoked: 0, expired: 0, unusable: 0 },
    }
  },
})
