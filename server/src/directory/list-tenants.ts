import { consoleRoles } from '@countersign/contract/staff.ts'
import type { ListTenants, TenantPage } from '@countersign/contract/tenants.ts'
import { type RawBuilder, sql } from 'kysely'
import type { Ctx } from '../access/ctx.ts'
import type { StaffPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import { Refusal } from '../errors.ts'
import { formatPlace, type Place, parsePlace } from './cursor.ts'
import { formatTenant } from './mirror.ts'
import { readUnreadable } from './unreadable.ts'

type Key = RawBuilder<string | number | null>

/** What each sort compares, byte by byte and the same on every server. Beside it, whether it may be null. */
const sortKeys: Record<ListTenants['sort'], { key: Key; nullable: boolean; type: 'text' | 'integer' | 'timestamptz' }> = {
  name: { key: sql`left(lower(name), 200) collate "C"`, nullable: false, type: 'text' },
  status: { key: sql`status collate "C"`, nullable: false, type: 'text' },
  plan: { key: sql`plan collate "C"`, nullable: true, type: 'text' },
  created_at: { key: sql`created_at`, nullable: false, type: 'timestamptz' },
  user_count: { key: sql`user_count`, nullable: true, type: 'integer' },
}

const id = sql`id collate "C"`

/** Rows after a place. Nulls stand last in both orders; the id decides among equals. */
const after = ({ key, nullable, type }: (typeof sortKeys)['name'], order: 'asc' | 'desc', place: Place): RawBuilder<boolean> => {
  const beyond = sql.raw(order === 'asc' ? '>' : '<')
  if (place.key === null) return sql`${key} is null and ${id} ${beyond} ${place.id}`
  const follows = sql<boolean>`(${key}, ${id}) ${beyond} (${place.key}::${sql.raw(type)}, ${place.id}::text)`
  return nullable ? sql`(${follows} or ${key} is null)` : follows
}

/** The text as a LIKE pattern without wildcards of its own. */
const literal = (text: string): string => text.replace(/[\\%_]/g, '\\$&')

const matching = ({ query, status }: ListTenants): RawBuilder<boolean> => {
  const parts = [sql`deleted_at is null`]
  if (query) parts.push(sql`(lower(name) like '%' || lower(${literal(query)}) || '%' or id like ${`${literal(query)}%`})`)
  if (status !== undefined) parts.push(sql`status = ${status}`)
  return sql`${sql.join(parts, sql` and `)}`
}

/** The tenants of the product, from the mirror, a page at a time. */
export const listTenants = verb({
  name: 'list tenants',
  may: consoleRoles,
  async run({ store }: Ctx<StaffPrincipal>, input: ListTenants): Promise<TenantPage> {
    const sort = sortKeys[input.sort]
    const place = input.cursor === undefined ? undefined : parsePlace(input.cursor, input.sort, input.order)
    if (place?.key === null && !sort.nullable)
      throw new Refusal('invalid_request', { errors: [{ path: '/cursor', message: 'is not a place in this list' }] })

    const where = matching(input)
    const direction = sql.raw(input.order)
    const nullsLast = sort.nullable ? sql`${sort.key} is null, ` : sql``
    // Microseconds stay in the key of a place; a JavaScript date would drop them.
    const placeKey = input.sort === 'created_at' ? sql`to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')` : sort.key
    const [page, facts, unreadable] = await Promise.all([
      sql<Parameters<typeof formatTenant>[0] & { place: string | number | null }>`
      select id, name, status, plan, region, user_count, created_at, updated_at, deleted_at, ${placeKey} as place
      from tenants where ${where} ${place === undefined ? sql`` : sql`and (${after(sort, input.order, place)})`}
      order by ${nullsLast}${sort.key} ${direction}, ${id} ${direction}
      limit ${input.limit + 1}`.execute(store.db),
      sql<{ total: number; synced_at: Date | null; address: string | null; trouble: string | null }>`
      select (select count(*)::int from tenants where ${where}) as total, finished_at as synced_at, address, error as trouble
      from directory_sync`.execute(store.db),
      readUnreadable(store.db),
    ])
    const { total = 0, synced_at = null, address = null, trouble = null } = facts.rows[0] ?? {}
    const rows = page.rows.slice(0, input.limit)
    const last = rows.at(-1)
    return {
      items: rows.map(formatTenant),
      next_cursor: last && page.rows.length > input.limit ? formatPlace(input.sort, input.order, { key: last.place, id: last.id }) : null,
      total,
      synced_at: synced_at?.toISOString() ?? null,
      directory: { address, trouble, unreadable },
    }
  },
})
