import { type ReferenceExpression, type SelectQueryBuilder, sql } from 'kysely'
import type { Tables } from '../database/tables.ts'
import { formatCursor, parseCursor } from './route.ts'

type Listed = 'attestations' | 'invoices' | 'exports' | 'notifications'

/** Newest first, a page at a time, by an instant (to the microsecond) and the id. */
export async function listNewest<T extends Listed, O extends { id: string }>(
  query: SelectQueryBuilder<Tables, T, O>,
  at: string & ReferenceExpression<Tables, T>,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: O[]; next_cursor: string | null }> {
  let rows = query.select(sql<string>`to_char(${sql.ref(at)} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as('_place'))
  if (page.cursor !== undefined) {
    const place = parseCursor(page.cursor)
    rows = rows.where(sql<boolean>`(${sql.ref(at)}, id) < (${place.at}::timestamptz, ${place.id})`)
  }
  const found = (await rows
    .orderBy(sql.ref(at), 'desc')
    .orderBy(sql.ref('id'), 'desc')
    .limit(page.limit + 1)
    .execute()) as (O & { _place: string })[]
  const items = found.slice(0, page.limit)
  const last = items.at(-1)
  return {
    items: items.map(({ _place, ...item }) => item as unknown as O),
    next_cursor: found.length > page.limit && last ? formatCursor(last._place, last.id) : null,
  }
}
