import { ListSessions, type SessionPage } from '@countersign/contract/sessions.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import { Refusal } from '../errors.ts'
import { type Principal, requireRole } from '../identity/principal.ts'
import type { Store } from '../store/open.ts'
import { selectSessions } from './row.ts'
import { sqlJudged, sqlStanding, sqlStatus } from './standing.ts'

const Place = z.tuple([z.iso.datetime({ precision: 6 }), z.string().max(60)])

const formatCursor = (place: z.infer<typeof Place>): string => Buffer.from(JSON.stringify(place)).toString('base64url')

const parseCursor = (cursor: string): z.infer<typeof Place> => {
  try {
    return Place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
  } catch (cause) {
    throw new Refusal('invalid_request', { errors: [{ path: 'cursor', message: 'is not a cursor of this list' }], cause })
  }
}

const counters = sql<SessionPage['counters']>`
  select count(*) filter (where status = 'ACTIVE')::int as active,
    count(*) filter (where status = 'REVOKED')::int as revoked,
    count(*) filter (where status = 'EXPIRED')::int as expired,
    count(*) filter (where status = 'ACTIVE' and standing <> 'usable')::int as unusable
  from (select ${sqlStatus} as status, ${sqlStanding} as standing from ${sqlJudged}) judged`

/** Sessions, newest first, and how many there are of each status over all of them. */
export const listSessions = async (
  needs: { store: Store },
  principal: Principal,
  input: z.input<typeof ListSessions>,
): Promise<SessionPage> => {
  requireRole(principal, consoleRoles)
  const { status, tenant_id, staff_id, cursor, limit } = ListSessions.parse(input)
  const conditions: RawBuilder<unknown>[] = [sql`true`]
  if (status) conditions.push(sql`${sqlStatus} = ${status}`)
  if (tenant_id) conditions.push(sql`s.tenant_id = ${tenant_id}`)
  if (staff_id) conditions.push(sql`s.staff_id = ${staff_id}`)
  if (cursor) {
    const [issuedAt, id] = parseCursor(cursor)
    conditions.push(sql`(s.issued_at, s.id) < (${issuedAt}::timestamptz, ${id})`)
  }
  const found = await selectSessions(needs.store.db, sql.join(conditions, sql` and `), limit + 1)
  const page = found.slice(0, limit)
  const last = page.at(-1)
  const counted = await counters.execute(needs.store.db)
  return {
    items: page.map(({ session }) => session),
    next_cursor: found.length > limit && last ? formatCursor([last.issued_us, last.session.id]) : null,
    counters: counted.rows[0] ?? { active: 0, revoked: 0, expired: 0, unusable: 0 },
  }
}
