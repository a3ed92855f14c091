import type { HealthStatus, overviewSorts, ReadOverview } from '@countersign/contract/health.ts'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Place } from '../directory/cursor.ts'
import { isAfter, isSought, orderBy, placeKey, type SortKey, tenantKeys } from '../directory/keyset.ts'
import type { Tables } from '../store/tables.ts'
import type { StoredTenant } from './format-row.ts'

export type Filter = Pick<ReadOverview, 'query' | 'health' | 'status' | 'plan'>
export type Order = Pick<ReadOverview, 'sort' | 'order'>

export const overviewKeys: Record<(typeof overviewSorts)[number], SortKey> = {
  ...tenantKeys,
  worst: { key: sql`worst`, nullable: false, type: 'bigint' },
  calls: { key: sql`calls_24h`, nullable: false, type: 'bigint' },
  error_rate: { key: sql`error_rate`, nullable: true, type: 'float8' },
  last_call_at: { key: sql`last_call_at`, nullable: true, type: 'timestamptz' },
}

const kinds = ({ health, status, plan }: Filter): RawBuilder<boolean> => {
  const parts = [sql<boolean>`true`]
  if (health !== undefined) parts.push(sql`health = ${health}`)
  if (status !== undefined) parts.push(sql`status = ${status}`)
  if (plan !== undefined) parts.push(sql`plan = ${plan}`)
  return sql`${sql.join(parts, sql` and `)}`
}

const matching = (filter: Filter): RawBuilder<boolean> =>
  sql`deleted_at is null and ${kinds(filter)} and ${filter.query ? isSought(filter.query) : sql`true`}`

export type Counts = Record<HealthStatus, number> & { total: number; matching: number; plans: string[] }

const plansShown = 500

/** From the counts that are kept with the rows; `matching` of what can be searched without a text. */
export const readCounts = async (db: Kysely<Tables>, filter: Filter): Promise<Counts> => {
  const of = (health: string) => sql`coalesce(sum(tenants) filter (where health = ${sql.lit(health)}), 0)::float8`
  const { rows } = await sql<Counts>`
    select ${of('healthy')} as healthy, ${of('warning')} as warning, ${of('critical')} as critical, ${of('unknown')} as unknown,
      coalesce(sum(tenants), 0)::float8 as total, coalesce(sum(tenants) filter (where ${kinds(filter)}), 0)::float8 as matching,
      array(select plan from tenant_counts where plan is not null group by plan having sum(tenants) > 0 order by plan limit ${plansShown}) as plans
    from tenant_counts`.execute(db)
  return rows[0] as Counts
}

type Row = StoredTenant & { place: string | number | null }

export const storedColumns =
  sql.raw(`t.n, tenant_id, name, status, plan, region, user_count, created_at, updated_at, deleted_at, health, rules,
  rules_since, since, calls_24h::float8 as calls, errors_24h::float8 as errors, last_call_at, baseline_calls::float8 as baseline,
  week_calls::float8 as week`)

/** From this share of all on, walking the list in its order finds a page sooner than collecting what matches. */
const walkFrom = 0.2
/** A shorter text has no trigram: all names are read, so they are counted on the way. */
const trigram = 3

type Asked = { filter: Filter; order: Order; place: Place | undefined; limit: number }

const isAfterPlace = (key: SortKey, { order: { order }, place }: Asked): RawBuilder<boolean> =>
  place === undefined ? sql`true` : isAfter(key, order, place)

/** What changes with the traffic has its orders in a table of its own. */
const ordersOf = (sort: Order['sort']): { key: SortKey; from: RawBuilder<unknown> } => {
  const key = overviewKeys[sort]
  if (!['calls', 'error_rate', 'last_call_at'].includes(sort)) return { key, from: sql`tenant_health t` }
  const traffic = sql`(select n, ${key.key} as key, tenant_id as id from tenant_traffic) as v join tenant_health t using (n)`
  return { key: { ...key, key: sql`v.key`, id: sql`v.id` }, from: traffic }
}

/** In the order of the list until the page is full. */
const walk = async (db: Kysely<Tables>, asked: Asked): Promise<Row[]> => {
  const { key, from } = ordersOf(asked.order.sort)
  const { rows } = await sql<Row>`
    select ${storedColumns}, ${placeKey(key)} as place from ${from} where ${matching(asked.filter)} and ${isAfterPlace(key, asked)}
    order by ${orderBy(key, asked.order.order)} limit ${asked.limit + 1}`.execute(db)
  return rows
}

/** First what matches, with no more of it than its place; then the page of that. Few rows are sorted, whatever the planner thinks of them. */
const collect = async (db: Kysely<Tables>, asked: Asked): Promise<{ rows: Row[]; matching: number }> => {
  const { sort, order } = asked.order
  const key = overviewKeys[sort]
  const narrow = { ...key, key: sql`key` }
  const { rows } = await sql<Row & { matching: number }>`
    with matches as materialized (select n, tenant_id, ${key.key} as key from tenant_health where ${matching(asked.filter)}),
      page as (select n, row_number() over (order by ${orderBy(narrow, order)}) as at from matches where ${isAfterPlace(narrow, asked)} order by ${orderBy(narrow, order)} limit ${asked.limit + 1})
    select ${storedColumns}, ${placeKey(key)} as place, c.matching
    from (select count(*)::int as matching from matches) as c left join (page join tenant_health t using (n)) on true order by page.at`.execute(
    db,
  )
  return { rows: rows.filter(({ tenant_id }) => tenant_id !== null), matching: rows[0]?.matching ?? 0 }
}

const countMatching = async (db: Kysely<Tables>, filter: Filter): Promise<number> => {
  const { rows } = await sql<{ matching: number }>`select count(*)::int as matching from tenant_health where ${matching(filter)}`.execute(
    db,
  )
  return rows[0]?.matching ?? 0
}

/** The rows of a page and one more, and how many there are in all. */
export const selectPage = async (
  db: Kysely<Tables>,
  { counts, ...asked }: Asked & { counts: Counts },
): Promise<{ rows: Row[]; matching: number }> => {
  const { query } = asked.filter
  if (query && query.length >= trigram) return await collect(db, asked)
  const count = query ? await countMatching(db, asked.filter) : counts.matching
  return count >= walkFrom * counts.total ? { rows: await walk(db, asked), matching: count } : await collect(db, asked)
}

/** All rows that match, in their order. */
export const selectAll = (filter: Filter, { sort, order }: Order): RawBuilder<unknown> =>
  sql`select ${storedColumns} from tenant_health t where ${matching(filter)} order by ${orderBy(overviewKeys[sort], order)}`
