import { createHash } from 'node:crypto'
import type { TenantMinute } from '@countersign/contract/health.ts'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import { keepPartitions } from './partitions.ts'

/** How late a minute may come; whole hours may be older (`recordHours`). */
export const lateHours = 26
/** How far ahead of the database's clock a minute may be. It counts when its time has come. */
export const aheadMinutes = 5
/** How late a whole hour may come. */
export const lateDays = 9

export type Recorded = {
  /** Minutes taken, those that said what was known already too. */
  recorded: number
  /** Minutes of a time that is too long ago or yet to come. They were left out. */
  outside: number
  /** Tenants that are not in the mirror. Their minutes were left out. */
  unknown: string[]
}

/** What a source is kept under: eight bytes of the hash of its name. */
const keyOf = (source: string): string => createHash('sha256').update(source).digest().readBigInt64BE().toString()

const routesKept = 50

/** The routes that failed most, or were called most. */
const formatRoutes = (routes: NonNullable<TenantMinute['routes']>): string =>
  JSON.stringify(
    routes
      .toSorted((a, b) => b.errors - a.errors || b.calls - a.calls)
      .slice(0, routesKept)
      .map(({ method, route, status, calls, errors }) => [method, route, status, calls, errors]),
  )

/** Buckets that hold something, each with its lower bound. */
const formatLatency = (latency: NonNullable<TenantMinute['latency']>): string => {
  const sorted = latency.toSorted((a, b) => a.upper_ms - b.upper_ms)
  const buckets = sorted.map(({ upper_ms, calls }, at) => [sorted[at - 1]?.upper_ms ?? 0, upper_ms, calls] as const)
  // JSON has no infinity: null.
  return JSON.stringify(buckets.filter(([, , calls]) => calls > 0))
}

/** A column of all rows, or null where none has anything in it. */
const optional = <T>(rows: readonly T[], format: (row: T) => string | null): (string | null)[] | null => {
  const column = rows.map(format)
  return column.some((value) => value !== null) ? column : null
}

/** The rows as columns, joined with the tenants that they are of; the last of those that say the same. */
const incoming = (rows: readonly TenantMinute[], seconds: number, from: RawBuilder<Date>, until: RawBuilder<Date>): RawBuilder<unknown> => {
  const keys = new Map<string, string>()
  const source = (name: string): string => {
    const key = keys.get(name) ?? keyOf(name)
    keys.set(name, key)
    return key
  }
  const spans = rows.map(({ minute }) => Math.floor(minute.getTime() / 1000 / seconds))
  return sql`
    given as (
      select *, to_timestamp(span::float8 * ${seconds}) as start_at from unnest(
        ${rows.map(({ tenant_id }) => tenant_id)}::text[], ${spans}::int[], ${rows.map((row) => source(row.source))}::bigint[],
        ${rows.map(({ calls }) => calls)}::bigint[], ${rows.map(({ errors }) => errors)}::bigint[],
        ${optional(rows, ({ routes }) => (routes?.length ? formatRoutes(routes) : null))}::jsonb[],
        ${optional(rows, ({ latency }) => (latency?.length ? formatLatency(latency) : null))}::jsonb[]
      ) with ordinality as u (tenant_id, span, source, calls, errors, routes, latency, place)
    ), known as (
      select given.*, h.n, start_at >= ${from} and start_at <= ${until} as within from given left join tenant_health h using (tenant_id)
    ), incoming as (
      select distinct on (n, start_at, source) n, start_at, source, calls, errors, routes, latency from known
      where n is not null and within order by n, start_at, source, place desc
    )`
}

/** What became of the rows, and how far the signal reaches. */
const outcome = sql`
  select (select count(*) from known where n is not null and within)::int as recorded,
    (select count(*) from known where not within)::int as outside,
    (select coalesce(array_agg(distinct tenant_id), '{}') from known where n is null) as unknown`

const isMissingPartition = (error: unknown): boolean => /no partition of relation/.test(String((error as Error).message))

/** Runs `write` in one transaction; where the partitions are not there yet, once more when they are. */
export const withPartitions = async <T>(store: Pick<Store, 'db'>, write: (tx: Transaction<Tables>) => Promise<T>): Promise<T> => {
  try {
    return await transaction(store, write)
  } catch (error) {
    if (!isMissingPartition(error)) throw error
    await keepPartitions(store)
    return await transaction(store, write)
  }
}

const hourOf = (instant: RawBuilder<Date>) => sql<Date>`date_trunc('hour', ${instant}, 'UTC')`
const now = sql<Date>`statement_timestamp()`

/**
 * Writes what sources counted, in the caller's transaction. A value of (tenant, source, minute) replaces itself, so order, repetition and
 * the size of batches make no difference. Rows are written in the order of their key: no two callers wait for each other in a circle.
 * The caller has checked the values; which minutes count is said by the database's clock.
 */
export const writeMinutes = async (tx: Kysely<Tables>, minutes: readonly TenantMinute[]): Promise<Recorded> => {
  const from = sql<Date>`${hourOf(now)} - make_interval(hours => ${lateHours})`
  const until = sql<Date>`${now} + make_interval(mins => ${aheadMinutes})`
  const { rows } = await sql<Recorded>`
      with ${incoming(minutes, 60, from, until)}, written as (
        insert into health_minutes as m (n, minute, source, calls, errors, routes, latency)
        select n, start_at, source, calls, errors, routes, latency from incoming order by n, start_at, source
        on conflict (n, minute, source) do update set
          calls = excluded.calls, errors = excluded.errors, routes = excluded.routes, latency = excluded.latency
        where (m.calls, m.errors, m.routes, m.latency) is distinct from (excluded.calls, excluded.errors, excluded.routes, excluded.latency)
        returning n, minute
      ), changed as (
        insert into health_changes (hour, tenants)
        select ${hourOf(sql`minute`)} as hour, array_agg(distinct n) from written group by 1 order by 1
      ), reached as (
        insert into health_changes (reached_at) select max(start_at) from incoming having count(*) > 0
      )
      ${outcome}`.execute(tx)
  return rows[0] as Recorded
}

/**
 * The same for whole hours that are too old for minutes, as a source that remembers more than a day gives them at first. `minute` is
 * the start of the hour.
 */
export const writeHours = async (tx: Kysely<Tables>, hours: readonly TenantMinute[]): Promise<Recorded> => {
  const from = sql<Date>`${hourOf(now)} - make_interval(days => ${lateDays})`
  const until = sql<Date>`${hourOf(now)} - make_interval(hours => ${lateHours + 1})`
  const { rows } = await sql<Recorded>`
      with ${incoming(hours, 3600, from, until)}, written as (
        insert into health_hours as m (n, hour, source, calls, errors, last_call_at, routes, latency)
        select n, start_at, source, calls, errors, case when calls > 0 then start_at + interval '59 minutes' end, routes, latency
        from incoming order by n, start_at, source
        on conflict (n, hour, source) do update set
          calls = excluded.calls, errors = excluded.errors, last_call_at = excluded.last_call_at, routes = excluded.routes,
          latency = excluded.latency
        where (m.calls, m.errors, m.routes, m.latency) is distinct from (excluded.calls, excluded.errors, excluded.routes, excluded.latency)
        returning n, hour
      ), changed as (
        insert into health_changes (hour, tenants) select hour, array_agg(distinct n) from written group by hour order by hour
      )
      ${outcome}`.execute(tx)
  return rows[0] as Recorded
}

/** `writeMinutes` in a transaction of its own. */
export const recordMinutes = (store: Pick<Store, 'db'>, minutes: readonly TenantMinute[]): Promise<Recorded> =>
  withPartitions(store, (tx) => writeMinutes(tx, minutes))

/** `writeHours` in a transaction of its own. */
export const recordHours = (store: Pick<Store, 'db'>, hours: readonly TenantMinute[]): Promise<Recorded> =>
  withPartitions(store, (tx) => writeHours(tx, hours))

/** A source said that it is there, and counted everything up to this minute, although it had nothing to count. */
export const noteSignal = async (store: Pick<Store, 'db'>, reachedAt: Date): Promise<void> => {
  await sql`
    insert into health_changes (reached_at)
    select date_trunc('minute', ${reachedAt}::timestamptz) where ${reachedAt}::timestamptz <= ${now} + make_interval(mins => ${aheadMinutes})`.execute(
    store.db,
  )
}
