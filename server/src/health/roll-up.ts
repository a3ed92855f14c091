import { type Kysely, sql } from 'kysely'
import { holdLease, type Lease } from '../run/elected.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
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

const at = (ms: number) => sql<Date>`to_timestamp(${ms / 1000}::float8)`
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

const hourly = sql`n, date_trunc('hour', minute, 'UTC'), source, sum(calls), sum(errors), max(minute) filter (where calls > 0),
  merge_health_routes(jsonb_agg(routes) filter (where routes is not null)),
  merge_health_latency(jsonb_agg(latency) filter (where latency is not null))`
const replacing = sql`
  on conflict (n, hour, source) do update set calls = excluded.calls, errors = excluded.errors, last_call_at = excluded.last_call_at,
    routes = excluded.routes, latency = excluded.latency
  where (h.calls, h.errors, h.last_call_at, h.routes, h.latency) is distinct from
    (excluded.calls, excluded.errors, excluded.last_call_at, excluded.routes, excluded.latency)`
const into = sql`insert into health_hours as h (n, hour, source, calls, errors, last_call_at, routes, latency)`

/** Hours that are over, from all of their minutes. */
const rollOver = async (tx: Kysely<Tables>, fromMs: number, untilMs: number): Promise<void> => {
  await sql`
    ${into} select ${hourly} from health_minutes where minute >= ${at(fromMs)} and minute < ${at(untilMs)} group by 1, 2, 3
    ${replacing}`.execute(tx)
}

/** Hours that were over before, where a minute of them came late. */
const rollLate = async (tx: Kysely<Tables>, ids: readonly string[], untilMs: number): Promise<void> => {
  await sql`
    ${into} select ${hourly}
    from (select distinct hour, unnest(tenants) as n from health_changes where id = any(${ids}::bigint[]) and hour < ${at(untilMs)}) as late
    join health_minutes using (n)
    where minute >= late.hour and minute < late.hour + interval '1 hour' group by 1, 2, 3
    ${replacing}`.execute(tx)
}

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

/**
 * Takes what was written since the last pass, and brings the hours up to it: each is the sum of its minutes, however often it is
 * computed. The batches stay until what follows from them is stored.
 */
export const rollUp = (store: Pick<Store, 'db'>, lease: Lease): Promise<News> =>
  transaction(store, async (tx) => {
    await holdLease(tx, lease)
    const state = await readState(tx)
    const window = windowAt(state.now)
    const { ids: taken, reached } = await takeChanges(tx)
    const ids = taken ?? []
    // Minutes are kept for 26 hours and the one that is left begun.
    const rolled = Math.max(state.rolled ?? 0, window.thisHourMs - 28 * 3_600_000)
    if (rolled < window.thisHourMs) {
      await rollOver(tx, rolled, window.thisHourMs)
      await sql`update health_state set rolled_to = ${at(window.thisHourMs)}`.execute(tx)
    }
    if (ids.length > 0) await rollLate(tx, ids, Math.max(rolled, window.thisHourMs))
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
