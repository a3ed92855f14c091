import type { HealthRule, HealthStatus } from '@countersign/contract/health.ts'
import type { LifecycleStatus } from '@countersign/contract/tenants.ts'
import { type RawBuilder, sql } from 'kysely'
import type { Store } from '../store/open.ts'
import { hourMs } from './classify.ts'
import { dayMs, type Window } from './window.ts'

/** A tenant as it was judged last, and what its traffic shows now. Instants are in milliseconds. */
export type Measured = {
  n: number
  tenant_id: string
  plan: string | null
  status: LifecycleStatus
  health: HealthStatus
  /** At most two rules hold at once. */
  first_rule: HealthRule
  first_since: number
  second_rule: HealthRule | null
  second_since: number | null
  calls: number
  errors: number
  last_call: number | null
  baseline: number
  week: number
  week_of: number | null
  /** It shows something else than what was stored. */
  is_moved: boolean
}

export type Which = {
  tenants: number[] | 'all'
  /** What was written of them since. */
  changed: number[]
  /** Whose baseline is counted anew. */
  rebased: number[] | 'all'
  /** Only those who changed or moved, or whose silence has become long enough since all were judged last; else every one of them. */
  movedSinceMs: number | undefined
  silentHours: number[]
  mostMinimumCalls: number
}

const at = (ms: number) => sql<Date>`to_timestamp(${sql.lit(ms / 1000)})`
const ms = (text: string) => sql`(extract(epoch from ${sql.raw(text)}) * 1000)::float8`
const isOneOf = (numbers: number[] | 'all', column: string): RawBuilder<boolean> =>
  numbers === 'all' ? sql`true` : sql`${sql.raw(column)} = any(${numbers}::int[])`

/**
 * Whole hours from the hours, what is begun at either end of the window from the minutes. The last call is remembered where hours
 * and minutes show none any more; the calls of the week before it are counted when it changes, for the hours will be gone one day.
 */
export const loadFacts = async ({ db }: Pick<Store, 'db'>, window: Window, which: Which): Promise<Measured[]> => {
  const { edgeMs, edgeHourMs, thisHourMs, minuteMs, baselineMs } = window
  const isChanged = isOneOf(which.changed, 't.n')
  const inHours = sql`x.n = t.n and x.hour >= ${at(baselineMs - dayMs)}`
  const silence = sql`exists (select from unnest(${which.silentHours}::int[]) as s where last_seen + make_interval(hours => s) <= ${at(minuteMs)}
    and last_seen + make_interval(hours => s) > ${at(which.movedSinceMs ?? 0)})`
  const { rows } = await sql<Measured>`
    with hours as (
      select n, sum(calls)::float8 as calls, sum(errors)::float8 as errors, max(last_call_at) as last_call_at from health_hours
      where hour > ${at(edgeHourMs)} and hour < ${at(thisHourMs)} and ${isOneOf(which.tenants, 'n')} group by n
    ), minutes as (
      select n, sum(calls)::float8 as calls, sum(errors)::float8 as errors, max(minute) filter (where calls > 0) as last_call_at,
        coalesce(sum(calls) filter (where minute >= ${at(thisHourMs)}), 0)::float8 as calls_this_hour
      from health_minutes
      where ((minute >= ${at(edgeMs)} and minute < ${at(edgeHourMs + hourMs)}) or (minute >= ${at(thisHourMs)} and minute <= ${at(minuteMs)}))
        and ${isOneOf(which.tenants, 'n')} group by n
    ), baselines as (
      select n, sum(calls)::float8 as calls from health_hours
      where hour >= ${at(baselineMs)} and hour < ${at(edgeHourMs)} and ${isOneOf(which.rebased, 'n')} group by n
    ), seen as (
      select t.n, t.tenant_id, t.plan, t.status, t.health, t.rules, t.rules_since, t.calls_24h, t.errors_24h, t.last_call_at, t.baseline_calls,
        t.week_calls, t.week_of, ${isChanged} as is_changed,
        coalesce(h.calls, 0) + coalesce(m.calls, 0) as calls, coalesce(h.errors, 0) + coalesce(m.errors, 0) as errors,
        coalesce(m.calls_this_hour, 0) as calls_this_hour,
        case when greatest(h.last_call_at, m.last_call_at) is not null then greatest(h.last_call_at, m.last_call_at)
          when ${isChanged} then coalesce(
            (select max(x.last_call_at) from health_hours x where ${inHours} and x.hour <= ${at(edgeHourMs)}),
            case when t.last_call_at < ${at(baselineMs - dayMs)} then t.last_call_at end)
          else t.last_call_at end as last_seen,
        case when ${isOneOf(which.rebased, 't.n')} then coalesce(b.calls, 0) else t.baseline_calls end as baseline
      from tenant_health t left join hours h using (n) left join minutes m using (n) left join baselines b using (n)
      where t.deleted_at is null and ${isOneOf(which.tenants, 't.n')}
    ), compared as (
      select *, case when calls >= ${sql.lit(which.mostMinimumCalls)} then null else last_seen end as counts_for,
        calls <> calls_24h or errors <> errors_24h or baseline <> baseline_calls or last_seen is distinct from last_call_at as has_moved
      from seen
    ), counted as (
      select *, case when counts_for is null then calls
          when counts_for = week_of and not is_changed then week_calls
          else calls_this_hour + coalesce((select sum(x.calls) from health_hours x
            where x.n = t.n and x.hour >= date_trunc('hour', counts_for, 'UTC') - interval '7 days' and x.hour <= counts_for and x.hour < ${at(thisHourMs)}), 0)
        end::float8 as week
      from compared t
      where ${which.movedSinceMs === undefined ? sql`true` : sql`(has_moved or is_changed or ${silence})`}
    )
    select n, tenant_id, plan, status, health, rules[1] as first_rule, ${ms('rules_since[1]')} as first_since, rules[2] as second_rule,
      ${ms('rules_since[2]')} as second_since, calls, errors, ${ms('last_seen')} as last_call, baseline, week, ${ms('counts_for')} as week_of,
      has_moved or week <> week_calls or counts_for is distinct from week_of as is_moved
    from counted`.execute(db)
  return rows
}
