import { type Kysely, type RawBuilder, sql } from 'kysely'
import { holdLease, type Lease } from '../run/elected.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import { hourMs } from './classify.ts'
import { type Window, windowAt } from './window.ts'

/** Batches of signals that one pass takes. */
const changesMaximum = 200

/** What is known before a pass, by the database's clock. Instants are in milliseconds. */
export type News = {
  nowMs: number
  window: Window
  /** The batches that the pass takes; there may be more of them. */
  ids: string[]
  isMore: boolean
  /** Tenants with changes, and those of them whose baseline has changed. */
  changed: number[]
  rebased: number[]
  /** How far signals reached, before these batches and with them. */
  reachedBeforeMs: number | null
  reachedMs: number | null
  judgedMs: number | null
  baselineToMs: number | null
}

const at = (ms: number) => sql<Date>`to_timestamp(${sql.lit(ms / 1000)})`
/** An instant as milliseconds. */
export const msOf = (column: string) => sql<number>`(extract(epoch from ${sql.raw(column)}) * 1000)::float8`

type State = { now: number; reached: number | null; judged: number | null; rolled: number | null; baseline: number | null }

const readState = async (tx: Kysely<Tables>): Promise<State> => {
  // What lies further ahead than signals may is the trace of a clock that ran ahead.
  const { rows } = await sql<State>`
    select ${msOf('clock_timestamp()')} as now, ${msOf('judged_at')} as judged, ${msOf('rolled_to')} as rolled, ${msOf('baseline_to')} as baseline,
      case when reached_at <= clock_timestamp() + interval '5 minutes' then ${msOf('reached_at')} end as reached
    from health_state`.execute(tx)
  return rows[0] as State
}

const sums = sql`n, date_trunc('hour', minute, 'UTC') as hour, source, sum(calls), sum(errors), max(minute) filter (where calls > 0)`
const into = sql`insert into health_hours as h (n, hour, source, calls, errors, last_call_at)`
const replacing = sql`
  on conflict (n, hour, source) do update set calls = excluded.calls, errors = excluded.errors, last_call_at = excluded.last_call_at
  where (h.calls, h.errors, h.last_call_at) is distinct from (excluded.calls, excluded.errors, excluded.last_call_at)`

/** Routes and latency of hours, from the minutes that have some. */
const rollDetails = async (tx: Kysely<Tables>, minutes: RawBuilder<unknown>): Promise<void> => {
  await sql`
    update health_hours h set routes = d.routes, latency = d.latency
    from (
      select n, date_trunc('hour', minute, 'UTC') as hour, source,
        merge_health_routes(jsonb_agg(routes) filter (where routes is not null)) as routes,
        merge_health_latency(jsonb_agg(latency) filter (where latency is not null)) as latency
      from ${minutes} and (routes is not null or latency is not null) group by 1, 2, 3
    ) as d
    where (h.n, h.hour, h.source) = (d.n, d.hour, d.source) and (h.routes, h.latency) is distinct from (d.routes, d.latency)`.execute(tx)
}

const rollMinutes = async (tx: Kysely<Tables>, minutes: RawBuilder<unknown>): Promise<void> => {
  await sql`${into} select ${sums} from ${minutes} group by 1, 2, 3 ${replacing}`.execute(tx)
  await rollDetails(tx, minutes)
}

/** An hour that is over, from all of its minutes. */
const rollOver = (tx: Kysely<Tables>, hourStartMs: number): Promise<void> =>
  rollMinutes(tx, sql`health_minutes where minute >= ${at(hourStartMs)} and minute < ${at(hourStartMs + hourMs)}`)

/** Hours that were over before, where a minute of them came late. */
const rollLate = (tx: Kysely<Tables>, ids: readonly string[], untilMs: number): Promise<void> =>
  rollMinutes(
    tx,
    sql`(select distinct hour as start_at, unnest(tenants) as n from health_changes where id = any(${ids}::bigint[]) and hour < ${at(untilMs)}) as late
      join health_minutes using (n) where minute >= late.start_at and minute < late.start_at + interval '1 hour'`,
  )

type Taken = { ids: string[] | null; reached: number | null }

const takeChanges = async (tx: Kysely<Tables>): Promise<Taken> => {
  const { rows } = await sql<Taken>`
    select array_agg(id::text) as ids, max(${msOf('reached_at')}) as reached
    from (select id, reached_at from health_changes order by id limit ${changesMaximum}) as taken`.execute(tx)
  return rows[0] as Taken
}

const readTenants = async (tx: Kysely<Tables>, ids: readonly string[], beforeMs?: number): Promise<number[]> => {
  if (ids.length === 0) return []
  const older = beforeMs === undefined ? sql`` : sql`and hour < ${at(beforeMs)}`
  const { rows } = await sql<{ tenants: number[] | null }>`
    select array_agg(distinct n) as tenants from health_changes, unnest(tenants) as n where id = any(${ids}::bigint[]) ${older}`.execute(tx)
  return rows[0]?.tenants ?? []
}

const later = (one: number | null, other: number | null): number | null => (one === null ? other : Math.max(one, other ?? one))

/** Hours that are over and not rolled up yet, one at a time. Minutes are kept for 26 hours and the one that is left begun. */
const catchUp = async (store: Pick<Store, 'db'>, lease: Lease): Promise<void> => {
  for (let isDone = false; !isDone; ) {
    isDone = await transaction(store, async (tx) => {
      await holdLease(tx, lease)
      const { now, rolled } = await readState(tx)
      const { thisHourMs } = windowAt(now)
      const next = Math.max(rolled ?? 0, thisHourMs - 28 * hourMs)
      if (next >= thisHourMs) return true
      await rollOver(tx, next)
      await sql`update health_state set rolled_to = ${at(next + hourMs)}`.execute(tx)
      return false
    })
  }
}

/**
 * Takes what was written since the last pass, and brings the hours up to it: each is the sum of its minutes, however often it is
 * computed. The batches stay until what follows from them is stored.
 */
export const rollUp = async (store: Pick<Store, 'db'>, lease: Lease): Promise<News> => {
  await catchUp(store, lease)
  return await transaction(store, async (tx) => {
    await holdLease(tx, lease)
    const state = await readState(tx)
    const window = windowAt(state.now)
    const { ids: taken, reached } = await takeChanges(tx)
    const ids = taken ?? []
    if (ids.length > 0) await rollLate(tx, ids, Math.max(state.rolled ?? 0, window.thisHourMs))
    return {
      nowMs: state.now,
      window,
      ids,
      isMore: ids.length === changesMaximum,
      changed: await readTenants(tx, ids),
      rebased: await readTenants(tx, ids, window.edgeHourMs),
      reachedBeforeMs: state.reached,
      reachedMs: later(state.reached, reached),
      judgedMs: state.judged,
      baselineToMs: state.baseline,
    }
  })
}
