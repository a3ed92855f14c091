import type { HealthRule, HealthStatus } from '@countersign/contract/health.ts'
import type { LifecycleStatus } from '@countersign/contract/tenants.ts'
import { type RawBuilder, sql } from 'kysely'
import type { Store } from '../store/open.ts'
import { dayMs, type Window } from './window.ts'

/** A tenant as it was judged last, and what its traffic shows now. Instants are in milliseconds. */
export type Measured = {
  n: number
  tenant_id: string
  plan: string | null
  status: LifecycleStatus
  health: HealthStatus
  rules: HealthRule[]
  rules_since: number[]
  since: number
  calls_before: number
  errors_before: number
  last_call_before: number | null
  baseline_before: number
  week_before: number
  week_of_before: number | null
  calls: number
  errors: number
  last_call: number | null
  baseline: number
  week: number
  week_of: number | null
}

/** Of all tenants, or of those that are named. Baselines are counted anew for `rebased`, or for all. */
export type Which = { tenants: number[] | 'all'; changed: number[]; rebased: number[] | 'all'; mostMinimumCalls: number }

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
  const { rows } = await sql<Omit<Measured, 'rules' | 'rules_since'> & { rules: string; rules_since: string }>`
    with hours as (
      select n, sum(calls)::float8 as calls, sum(errors)::float8 as errors, max(last_call_at) as last_call_at from health_hours
      where hour > ${at(edgeHourMs)} and hour < ${at(thisHourMs)} and ${isOneOf(which.tenants, 'n')} group by n
    ), minutes as (
      select n, sum(calls)::float8 as calls, sum(errors)::float8 as errors, max(minute) filter (where calls > 0) as last_call_at,
        coalesce(sum(calls) filter (where minute >= ${at(thisHourMs)}), 0)::float8 as calls_this_hour
      from health_minutes
      where ((minute >= ${at(edgeMs)} and minute < ${at(edgeHourMs + 3_600_000)}) or (minute >= ${at(thisHourMs)} and minute <= ${at(minuteMs)}))
        and ${isOneOf(which.tenants, 'n')} group by n
    ), baselines as (
      select n, sum(calls)::float8 as calls from health_hours
      where hour >= ${at(baselineMs)} and hour < ${at(edgeHourMs)} and ${isOneOf(which.rebased, 'n')} group by n
    ), seen as (
      select t.*, coalesce(h.calls, 0) + coalesce(m.calls, 0) as calls, coalesce(h.errors, 0) + coalesce(m.errors, 0) as errors,
        coalesce(m.calls_this_hour, 0) as calls_this_hour,
        case when greatest(h.last_call_at, m.last_call_at) is not null then greatest(h.last_call_at, m.last_call_at)
          when ${isChanged} then coalesce(
            (select max(x.last_call_at) from health_hours x where ${inHours} and x.hour <= ${at(edgeHourMs)}),
            case when t.last_call_at < ${at(baselineMs - dayMs)} then t.last_call_at end)
          else t.last_call_at end as last_seen,
        case when ${isOneOf(which.rebased, 't.n')} then coalesce(b.calls, 0) else t.baseline_calls end as baseline
      from tenant_health t left join hours h using (n) left join minutes m using (n) left join baselines b using (n)
      where t.deleted_at is null and ${isOneOf(which.tenants, 't.n')}
    ), counted as (
      select *, case when calls >= ${sql.lit(which.mostMinimumCalls)} then null else last_seen end as counts_for from seen
    )
    select n, tenant_id, plan, status, health, array_to_string(rules, ' ') as rules,
      array_to_string(array(select ${ms('s')} from unnest(rules_since) s), ' ') as rules_since, ${ms('since')} as since,
      calls_24h::float8 as calls_before, errors_24h::float8 as errors_before, ${ms('last_call_at')} as last_call_before,
      baseline_calls::float8 as baseline_before, week_calls::float8 as week_before, ${ms('week_of')} as week_of_before,
      calls, errors, ${ms('last_seen')} as last_call, baseline, ${ms('counts_for')} as week_of,
      case when counts_for is null then calls
        when counts_for = week_of and not ${isOneOf(which.changed, 't.n')} then week_calls
        else calls_this_hour + coalesce((select sum(x.calls) from health_hours x
          where x.n = t.n and x.hour >= date_trunc('hour', counts_for, 'UTC') - interval '7 days' and x.hour <= counts_for and x.hour < ${at(thisHourMs)}), 0)
      end::float8 as week
    from counted t`.execute(db)
  return rows.map((row) => ({
    ...row,
    rules: row.rules.split(' ') as HealthRule[],
    rules_since: row.rules_since.split(' ').map(Number),
  }))
}
