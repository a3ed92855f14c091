import type { HealthRule } from '@countersign/contract/health.ts'
import { sql } from 'kysely'
import type { ConfigFile } from '../config.ts'
import { holdLease, type Lease } from '../run/elected.ts'
import type { Store } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import { classify, errorRate, type Facts, hourMs, type Judgement } from './classify.ts'
import { explainRule } from './explain.ts'
import { loadFacts, type Measured } from './facts.ts'
import { placeOf } from './place.ts'
import { type News, rollUp } from './roll-up.ts'
import { newThresholds, type Thresholds } from './thresholds.ts'
import { signalState } from './window.ts'

/** Rows that one transaction writes: whoever else writes tenants does not wait long for them. */
const slice = 5_000
/** From this share of all on, reading everything is quicker than reading those that changed. */
const allFrom = 20_000

type Judged = Measured &
  Judgement & {
    facts: Facts
    thresholds: Thresholds
    rules_since: number[]
    /** It has another health than before, or another rule decides. */
    isNews: boolean
    isOther: boolean
  }

/** Since when a rule holds: a silence since it was long enough, others since they were first seen. */
const sinceOf = (rule: HealthRule, row: Measured, { silent_hours }: Thresholds, nowMs: number): number => {
  if (rule === 'no_recent_activity' && row.last_call !== null) return Math.min(row.last_call + silent_hours * hourMs, nowMs)
  if (rule === row.first_rule) return row.first_since
  return rule === row.second_rule ? (row.second_since ?? nowMs) : nowMs
}

const judgeRow = (row: Measured, signals: Facts['signals'], thresholds: Thresholds, nowMs: number): Judged => {
  const facts: Facts = {
    status: row.status,
    signals,
    calls: row.calls,
    errors: row.errors,
    last_call_ms: row.last_call,
    baseline_calls: row.baseline,
    week_calls: row.week,
  }
  const { health, rules } = classify(nowMs, facts, thresholds)
  const rules_since = rules.map((rule) => sinceOf(rule, row, thresholds, nowMs))
  const isOther = health !== row.health
  const isNews = isOther || rules[0] !== row.first_rule
  return { ...row, facts, thresholds, health, rules, rules_since, isOther, isNews }
}

/** Whether anything of it is to be written. */
const hasChanged = (row: Judged): boolean =>
  row.is_moved ||
  row.isNews ||
  row.rules.at(1) !== (row.second_rule ?? undefined) ||
  row.rules_since[0] !== row.first_since ||
  (row.rules_since.at(1) ?? null) !== row.second_since

const instants = (values: (number | null)[]) => sql`${values.map((value) => (value === null ? null : value / 1000))}::float8[]`

const writeRows = async (store: Pick<Store, 'db'>, lease: Lease, rows: readonly Judged[], nowMs: number): Promise<void> => {
  const news = rows.filter(({ isNews }) => isNews)
  const causes = news.map(({ rules, rules_since, facts, thresholds }) =>
    JSON.stringify(explainRule(rules[0], { facts, thresholds, nowMs, sinceMs: rules_since[0] as number })),
  )
  await transaction(store, async (tx) => {
    await holdLease(tx, lease)
    await sql`
      update tenant_health t set health = u.health, rules = string_to_array(u.rules, ' '),
        rules_since = array(select to_timestamp(s::float8) from unnest(string_to_array(u.rules_since, ' ')) s),
        since = coalesce(to_timestamp(u.since), t.since), worst = coalesce(u.worst, t.worst), calls_24h = u.calls, errors_24h = u.errors, error_rate = u.error_rate,
        last_call_at = to_timestamp(u.last_call), baseline_calls = u.baseline, week_calls = u.week, week_of = to_timestamp(u.week_of)
      from unnest(${rows.map(({ n }) => n)}::int[], ${rows.map(({ health }) => health)}::text[], ${rows.map(({ rules }) => rules.join(' '))}::text[],
        ${rows.map(({ rules_since }) => rules_since.map((value) => value / 1000).join(' '))}::text[], ${instants(rows.map(({ isOther }) => (isOther ? nowMs : null)))},
        ${rows.map(({ health, isOther }) => (isOther ? placeOf(health, nowMs) : null))}::bigint[], ${rows.map(({ calls }) => calls)}::bigint[],
        ${rows.map(({ errors }) => errors)}::bigint[], ${rows.map(({ facts, thresholds }) => errorRate(facts, thresholds))}::float8[],
        ${instants(rows.map(({ last_call }) => last_call))}, ${rows.map(({ baseline }) => baseline)}::bigint[],
        ${rows.map(({ week }) => week)}::bigint[], ${instants(rows.map(({ week_of }) => week_of))}
      ) as u (n, health, rules, rules_since, since, worst, calls, errors, error_rate, last_call, baseline, week, week_of)
      where t.n = u.n`.execute(tx)
    await sql`
      update tenant_traffic t set calls_24h = u.calls, error_rate = u.error_rate, last_call_at = to_timestamp(u.last_call)
      from unnest(${rows.map(({ n }) => n)}::int[], ${rows.map(({ calls }) => calls)}::bigint[],
        ${rows.map(({ facts, thresholds }) => errorRate(facts, thresholds))}::float8[], ${instants(rows.map(({ last_call }) => last_call))}
      ) as u (n, calls, error_rate, last_call)
      where t.n = u.n and (t.calls_24h, t.error_rate, t.last_call_at) is distinct from (u.calls, u.error_rate, to_timestamp(u.last_call))`.execute(
      tx,
    )
    if (news.length === 0) return
    await sql`
      insert into health_history (n, at, health, cause)
      select n, to_timestamp(${nowMs / 1000}::float8), health, cause
      from unnest(${news.map(({ n }) => n)}::int[], ${news.map(({ health }) => health)}::text[], ${causes}::jsonb[]) as u (n, health, cause)
      on conflict do nothing`.execute(tx)
  })
}

/** What the pass took is done with, and what it knew is kept. */
const finish = (store: Pick<Store, 'db'>, lease: Lease, news: News, isAll: boolean): Promise<void> =>
  transaction(store, async (tx) => {
    await holdLease(tx, lease)
    const { window, reachedMs } = news
    await sql`delete from health_changes where id = any(${news.ids}::bigint[])`.execute(tx)
    await sql`
      update health_state set
        reached_at = to_timestamp(${reachedMs === null ? null : reachedMs / 1000}::float8),
        judged_at = case when ${isAll}::boolean then to_timestamp(${window.minuteMs / 1000}::float8) else judged_at end,
        baseline_to = case when ${isAll}::boolean then to_timestamp(${window.edgeHourMs / 1000}::float8) else baseline_to end`.execute(tx)
  })

/** The thresholds that the database has to know of, whoever has them. */
const extremesOf = (health: ConfigFile['health']) => {
  const all = [health, ...Object.values(health.plans), ...Object.values(health.tenants)]
  return {
    silentHours: [...new Set(all.flatMap(({ silent_hours }) => silent_hours ?? []))],
    mostMinimumCalls: Math.max(...all.map(({ minimum_calls }) => minimum_calls ?? 0)),
  }
}

export type Pass = {
  /** Tenants that were looked at, and those of which something is written. */
  judged: number
  written: number
  /** There is more to take already. */
  isMore: boolean
}

/**
 * What judges all tenants: those that changed at every pass; everybody when a minute is over, since with it the window moved, and when
 * the signals come or go.
 */
export const newJudge = (store: Pick<Store, 'db'>, health: ConfigFile['health']) => {
  const thresholdsOf = newThresholds(health)
  const { silentHours, mostMinimumCalls } = extremesOf(health)
  // The configuration may be another one than that by which they were judged.
  let isFirst = true

  return async (lease: Lease): Promise<Pass> => {
    const news = await rollUp(store, lease)
    const { nowMs, window, changed, judgedMs } = news
    const signals = signalState(news.reachedMs, nowMs, health.stale_minutes)
    // A clock that went back, or signals that have come or gone since: nothing of what was judged may be taken as it is.
    const isNew =
      isFirst ||
      judgedMs === null ||
      judgedMs > window.minuteMs ||
      signals !== signalState(news.reachedBeforeMs, judgedMs, health.stale_minutes)
    const isAll = isNew || judgedMs !== window.minuteMs
    if (!isAll && news.ids.length === 0) return { judged: 0, written: 0, isMore: false }
    const rows = await loadFacts(store, window, {
      tenants: isAll || changed.length > allFrom ? 'all' : changed,
      changed,
      rebased: isAll && news.baselineToMs !== window.edgeHourMs ? 'all' : news.rebased,
      movedSinceMs: isNew ? undefined : judgedMs,
      silentHours,
      mostMinimumCalls,
    })
    const written = rows.map((row) => judgeRow(row, signals, thresholdsOf(row), nowMs)).filter(hasChanged)
    for (let start = 0; start < written.length; start += slice) await writeRows(store, lease, written.slice(start, start + slice), nowMs)
    await finish(store, lease, news, isAll)
    isFirst = false
    return { judged: rows.length, written: written.length, isMore: news.isMore }
  }
}
