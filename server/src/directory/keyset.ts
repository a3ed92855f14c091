import { foldName } from '@countersign/contract/fold.ts'
import { type RawBuilder, sql } from 'kysely'
import { Refusal } from '../errors.ts'
import type { Place } from './cursor.ts'

/** What a list is sorted by: how rows compare, byte by byte and the same on every server; and whether there may be nothing to compare. */
export type SortKey = {
  key: RawBuilder<unknown>
  nullable: boolean
  type: 'text' | 'integer' | 'bigint' | 'float8' | 'timestamptz'
  /** What decides among equals, where it is not the column `tenant_id`. */
  id?: RawBuilder<unknown>
}

type Order = 'asc' | 'desc'

/** What every tenant list can be sorted by, in the columns of tenant_health. */
export const tenantKeys = {
  name: { key: sql`left(name_key, 200)`, nullable: false, type: 'text' },
  status: { key: sql`status`, nullable: false, type: 'text' },
  plan: { key: sql`plan`, nullable: true, type: 'text' },
  created_at: { key: sql`created_at`, nullable: false, type: 'timestamptz' },
  user_count: { key: sql`user_count`, nullable: true, type: 'integer' },
} as const satisfies Record<string, SortKey>

const tenantId = sql`tenant_id`

/** The order of the list: nulls last, and the id decides among equals. */
export const orderBy = ({ key, nullable, id = tenantId }: SortKey, order: Order): RawBuilder<unknown> => {
  const direction = sql.raw(order)
  return sql`${key} ${direction} ${nullable ? sql`nulls last` : sql``}, ${id} collate "C" ${direction}`
}

/** Rows after a place. */
export const isAfter = ({ key, nullable, type, id = tenantId }: SortKey, order: Order, place: Place): RawBuilder<boolean> => {
  const beyond = sql.raw(order === 'asc' ? '>' : '<')
  if (place.key === null) {
    if (nullable) return sql`${key} is null and ${id} collate "C" ${beyond} ${place.id}`
    throw new Refusal('invalid_request', { errors: [{ path: '/cursor', message: 'is not a place in this list' }] })
  }
  const follows = sql<boolean>`(${key}, ${id} collate "C") ${beyond} (${place.key}::${sql.raw(type)}, ${place.id}::text)`
  return nullable ? sql`(${follows} or ${key} is null)` : follows
}

/** The key of a row's place. An instant keeps its microseconds, which a JavaScript date would drop. */
export const placeKey = ({ key, type }: SortKey): RawBuilder<string | number | null> => {
  if (type === 'timestamptz') return sql`to_char(${key} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
  return type === 'bigint' ? sql`${key}::float8` : sql`${key}`
}

/** The text as a LIKE pattern without wildcards of its own. */
const literal = (text: string): string => text.replace(/[\\%_]/g, '\\$&')

/** Tenants of which the text is a part of the name, however either is spelled, or the beginning of the id. */
export const isSought = (query: string): RawBuilder<boolean> =>
  sql`(name_key like ${`%${literal(foldName(query))}%`} or tenant_id like ${`${literal(query)}%`})`
