import { sql } from 'kysely'
import { z } from 'zod'
import { formatCursor, parse, parseCursor } from '../api/route.ts'
import type { Database } from '../database/open.ts'
import { Problem } from '../problem.ts'

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

/** What support needs to know of a tenant while it is on the phone: who may agree to changes, and what it has bought. */
export async function getTenantDetails({ db }: Database, tenantId: string) {
  const subscription = await db.selectFrom('subscriptions').selectAll().where('tenant_id', '=', tenantId).executeTakeFirst()
  if (!subscription) throw new Problem('not_found', 'no such tenant')
  const authorizers = await db
    .selectFrom('member as m')
    .innerJoin('user as u', 'u.id', 'm.userId')
    .select(['u.id', 'u.name', 'u.email', 'm.role'])
    .where('m.organizationId', '=', tenantId)
    .where('m.role', 'in', ['owner', 'admin'])
    .where((where) => where.or([where('u.banned', '=', false), where('u.banned', 'is', null)]))
    .orderBy((order) => order.case().when('m.role', '=', 'owner').then(0).else(1).end())
    .orderBy('u.name')
    .limit(20)
    .execute()
  const { used } = await db
    .selectFrom('member')
    .select(({ fn }) => fn.countAll<string>().as('used'))
    .where('organizationId', '=', tenantId)
    .executeTakeFirstOrThrow()
  return { authorizers, seats_used: Number(used), seats_total: subscription.seats, time_zone: subscription.time_zone }
}
