import { sql } from 'kysely'
import { z } from 'zod'
import { formatCursor, parse, parseCursor } from '../api/route.ts'
import type { Database } from '../database/open.ts'

const List = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  cursor: z.string().max(2000).optional(),
  since: z.string().max(2000).optional(),
})

type Row = {
  id: string
  name: string
  status: string
  plan: string | null
  region: string | null
  user_count: number
  created_at: string
  updated_at: string
  deleted_at: string | null
}

const instant = (column: string) => sql<string>`to_char(${sql.ref(column)} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/**
 * Tenants in the order of their last change, deleted ones as tombstones. A cursor and a sync token are the same thing, a place in
 * that order: a tenant that changes while it is being read moves to the end and is read again.
 */
export async function listTenants({ db }: Database, query: unknown) {
  const { limit, cursor, since } = parse(List, query)
  const from = cursor ?? since
  const place = from === undefined ? { at: '-infinity', id: '' } : parseCursor(from)
  const found = await sql<Row>`
    SELECT t.id, t.name, t.status, t.plan, t.region,
      (SELECT count(*)::int FROM member m WHERE m."organizationId" = t.id) AS user_count,
      ${instant('t.created_at')} AS created_at, ${instant('t.updated_at')} AS updated_at, ${instant('t.deleted_at')} AS deleted_at
    FROM tenant_directory t
    WHERE (t.updated_at, t.id) > (${place.at}::timestamptz, ${place.id})
    ORDER BY t.updated_at, t.id LIMIT ${limit + 1}`.execute(db)
  const items = found.rows.slice(0, limit)
  const last = items.at(-1)
  const reached = last ? formatCursor(last.updated_at, last.id) : (from ?? formatCursor('1970-01-01T00:00:00.000000Z', ''))
  const more = found.rows.length > limit
  return { items, next_cursor: more ? reached : null, sync_token: more ? null : reached }
}
