import { ListSessions, type SessionPage } from '@countersign/contract/sessions.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { type RawBuilder, sql } from 'kysely'
import type { z } from 'zod'
import type { Ctx } from '../access/ctx.ts'
import { parse } from '../access/parse.ts'
import { formatPlace, parsePlace } from '../access/place.ts'
import type { StaffPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import { selectSessions } from './row.ts'
import { sqlJudged, sqlStanding, sqlStatus } from './standing.ts'

const counters = sql<SessionPage['counters']>`
  select count(*) filter (where status = 'ACTIVE')::int as active,
    count(*) filter (where status = 'REVOKED')::int as revoked,
    count(*) filter (where status = 'EXPIRED')::int as expired,
    count(*) filter (where status = 'ACTIVE' and standing <> 'usable')::int as unusable
  from (select ${sqlStatus} as status, ${sqlStanding} as standing from ${sqlJudged}) judged`

/** Sessions, newest first, and how many there are of each status over all of them. */
export const listSessions = verb({
  name: 'list sessions',
  may: consoleRoles,
  parse: (raw: z.input<typeof ListSessions>) => parse(ListSessions, raw),
  async run({ store }: Ctx<StaffPrincipal>, { status, tenant_id, staff_id, cursor, limit }): Promise<SessionPage> {
    const conditions: RawBuilder<unknown>[] = [sql`true`]
    if (status) conditions.push(sql`${sqlStatus} = ${status}`)
    if (tenant_id) conditions.push(sql`s.tenant_id = ${tenant_id}`)
    if (staff_id) conditions.push(sql`s.staff_id = ${staff_id}`)
    if (cursor) {
      const [issuedAt, id] = parsePlace(cursor)
      conditions.push(sql`(s.issued_at, s.id) < (${issuedAt}::timestamptz, ${id})`)
    }
    const found = await selectSessions(store.db, sql.join(conditions, sql` and `), limit + 1)
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
