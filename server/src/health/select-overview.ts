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

type Selected = { rows: (StoredTenant & { place: string | number | null })[]; matching: number }

export const storedColumns =
  sql.raw(`n, tenant_id, name, status, plan, region, user_count, created_at, updated_at, deleted_at, health, rules, rules_since,
  since, calls_24h::float8 as calls, errors_24h::float8 as errors, last_call_at, baseline_calls::float8 as baseline, week_calls::float8 as week`)

/** From this share of all on, walking the list in its order finds a page sooner than collecting what matches. */
const walkFrom = 0.2

/**
 * The rows of a page and one more. What few tenants match is collected before it is sorted, so that no plan walks a hundred thousand
 * rows to find twenty.
 */
export const selectPage = async (
  db: Kysely<Tables>,
  { filter, order, place, limit, counts }: { filter: Filter; order: Order; place: Place | undefined; limit: number; counts: Counts },
): Promise<Selected> => {
  const key = overviewKeys[order.sort]
  const after = place === undefined ? sql`true` : isAfter(key, order.order, place)
  const page = (from: RawBuilder<unknown>, where: RawBuilder<unknown>) =>
    sql`select ${storedColumns}, ${placeKey(key)} as place from ${from} where ${where} and ${after} order by ${orderBy(key, order.order)} limit ${limit + 1}`
  if (!filter.query && counts.matching >= walkFrom * counts.total) {
    const { rows } = await sql<Selected['rows'][number]>`${page(sql`tenant_health`, matching(filter))}`.execute(db)
    return { rows, matching: counts.matching }
  }
  const { rows } = await sql<Selected['rows'][number] & { matching: number }>`
    with matches as materialized (select * from tenant_health where ${matching(filter)}),
      page as (${page(sql`matches`, sql`true`)})
    select page.*, c.matching from (select count(*)::int as matching from matches) as c left join page on true`.execute(db)
  return { rows: rows.filter(({ n }) => n !== null), matching: rows[0]?.matching ?? 0 }
}

/** All rows that match, in their order. */
export const selectAll = (filter: Filter, { sort, order }: Order): RawBuilder<unknown> =>
  sql`select ${storedColumns} from tenant_health where ${matching(filter)} order by ${orderBy(overviewKeys[sort], order)}`
