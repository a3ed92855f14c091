import { actions } from '@countersign/contract/actions.ts'
import { type EventName, endingEvents, openingEvents } from '@countersign/contract/events.ts'
import type { Insights, InsightWeek, ReadInsights } from '@countersign/contract/insights.ts'
import { auditRoles } from '@countersign/contract/staff.ts'
import { type Kysely, sql } from 'kysely'
import { verb } from '../access/verb.ts'
import { recordRead } from '../audit/read.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import { type ReadCtx, readerOf } from './read.ts'

const reasonsAWeek = 5

const rows = Object.values(actions)
const asking = [...new Set<EventName>(rows.map(({ events }) => events.requested))]
const deciding = [...new Set<EventName>(rows.flatMap(({ events }) => [events.approved, events.rejected]))]

/** As the index of migration 0017 has it, so that the planner takes it. */
const isDeed = sql`l.category in ('support_session', 'action', 'approval') and not starts_with(l.action, 'SUPPORT_SESSION.REQUEST.')
  and not starts_with(l.action, 'SUPPORT_SESSION.ASSET.')`

/** The Monday before an instant, in UTC. */
const sqlWeek = (instant: string) => sql`date_trunc('week', ${sql.raw(instant)}, 'UTC')`

const deedsSince = (from: Date) => sql`
  deeds as materialized (
    select l.occurred_at, ${sqlWeek('l.occurred_at')} as week, l.action, l.result, l.session_id, l.event_n
    from log_entries l where ${isDeed} and l.occurred_at >= ${from}
  )`

type Sessions = Pick<InsightWeek, 'opened_on_tenant' | 'opened_on_user' | 'avoided' | 'median_minutes' | 'denied'> & { week: Date }

const countSessions = (db: Kysely<Tables>, from: Date) =>
  sql<Sessions>`
    with ${deedsSince(from)},
    ended as (
      select session_id, min(occurred_at) as at from deeds where action = any(${[...endingEvents]}::text[]) and result = 'ok' group by session_id
    ),
    run as (
      select d.week, d.occurred_at as began, least(ended.at, (e.body::json #>> '{details,expires_at}')::timestamptz) as over
      from deeds d join events e on e.n = d.event_n left join ended using (session_id)
      where d.action = any(${[...openingEvents]}::text[]) and d.result = 'ok'
    ),
    medians as (
      select week, percentile_cont(0.5) within group (order by extract(epoch from over - began) / 60) as median_minutes
      from run where over <= clock_timestamp() group by week
    )
    select week,
      count(*) filter (where action = 'SUPPORT_SESSION.CREATED' and result = 'ok')::int as opened_on_tenant,
      count(*) filter (where action = 'IMPERSONATE.STARTED' and result = 'ok')::int as opened_on_user,
      count(*) filter (where action = 'SUPPORT_SESSION.AVOIDED' and result = 'ok')::int as avoided,
      count(*) filter (where result = 'deny')::int as denied,
      max(medians.median_minutes)::float8 as median_minutes
    from deeds left join medians using (week) group by week`.execute(db)

/** What each refused attempt lacked: its gates, or else the code of its refusal. */
const countGates = (db: Kysely<Tables>, from: Date) =>
  sql<{ week: Date; gate: string; count: number }>`
    with ${deedsSince(from)}
    select d.week, lacked.gate, count(*)::int as count
    from deeds d join events e on e.n = d.event_n
    cross join lateral json_array_elements_text(
      coalesce(e.body::json -> 'gates', json_build_array(coalesce(e.body::json ->> 'code', 'unknown')))
    ) as lacked(gate)
    where d.result = 'deny' group by d.week, lacked.gate`.execute(db)

type Decisions = Pick<InsightWeek, 'decided' | 'median_decision_minutes'> & { week: Date }

const countDecisions = (db: Kysely<Tables>, from: Date) =>
  sql<Decisions>`
    with ${deedsSince(from)},
    steps as (
      select d.week, d.occurred_at, d.action, e.body::json #>> '{details,request_id}' as request_id
      from deeds d join events e on e.n = d.event_n
      where d.action = any(${[...asking, ...deciding]}::text[]) and d.result = 'ok'
    ),
    decisions as (
      select request_id, max(occurred_at) as at from steps where action = any(${deciding}::text[]) group by request_id
    )
    select asked.week, count(*)::int as decided,
      percentile_cont(0.5) within group (order by extract(epoch from decisions.at - asked.occurred_at) / 60)::float8 as median_decision_minutes
    from steps asked join decisions using (request_id)
    where asked.action = any(${asking}::text[]) group by asked.week`.execute(db)

/** Reasons that differ in case or spaces alone are one. */
const countReasons = (db: Kysely<Tables>, from: Date) =>
  sql<{ week: Date; reason: string; count: number }>`
    with ${deedsSince(from)},
    given as (
      select d.week, min(r.value::json #>> '{}') as reason, count(*)::int as count
      from deeds d join disclosures r on r.holder = d.session_id and r.member = 'reason'
      where d.action = any(${[...openingEvents]}::text[]) and d.result = 'ok'
      group by d.week, lower(regexp_replace(r.value, '\\s+', ' ', 'g'))
    ),
    ranked as (select *, row_number() over (partition by week order by count desc, reason collate "C") as place from given)
    select week, reason, count from ranked where place <= ${reasonsAWeek} order by place`.execute(db)

const weekMs = 7 * 86_400_000
const nothing = {
  ...{ opened_on_tenant: 0, opened_on_user: 0, avoided: 0, denied: 0, decided: 0 },
  ...{ median_minutes: null, median_decision_minutes: null },
}

/** The beginnings of the weeks, by the database's clock: it has no summer time in UTC, so each is as long. */
const weeksOf = (current: Date, count: number): number[] =>
  Array.from({ length: count }, (_, at) => current.getTime() - (count - 1 - at) * weekMs)

const ofWeek = <Row extends { week: Date }>(found: readonly Row[], week: number): Omit<Row, 'week'>[] =>
  found.filter((row) => row.week.getTime() === week).map(({ week: _, ...rest }) => rest)

/** What support did, week by week. Reading it is a read of the log from that time on, and on the record as one. */
export const readInsights = verb({
  name: 'read insights',
  may: auditRoles,
  async run(ctx: ReadCtx, { weeks: count }: ReadInsights): Promise<Insights> {
    const read = await transaction(ctx.store, async (tx) => {
      await sql`set transaction isolation level repeatable read, read only`.execute(tx)
      const clock = await sql<{ now: Date; week: Date }>`
        select now() as now, ${sqlWeek('now()')} as week`.execute(tx)
      const { now, week } = clock.rows[0] ?? { now: new Date(), week: new Date() }
      const weeks = weeksOf(week, count)
      const from = new Date(weeks[0] ?? 0)
      const sessions = (await countSessions(tx, from)).rows
      const gates = (await countGates(tx, from)).rows
      const decisions = (await countDecisions(tx, from)).rows
      const reasons = (await countReasons(tx, from)).rows
      return { now, weeks, from, sessions, gates, decisions, reasons }
    })
    await recordRead(ctx, readerOf(ctx.principal), { from: read.from.toISOString() })
    return formatInsights(read)
  },
})

type Read = {
  now: Date
  weeks: number[]
  sessions: Sessions[]
  gates: { week: Date; gate: string; count: number }[]
  decisions: Decisions[]
  reasons: { week: Date; reason: string; count: number }[]
}

const formatInsights = ({ now, weeks, sessions, gates, decisions, reasons }: Read): Insights => {
  const sum = (gate: string): number => gates.filter((row) => row.gate === gate).reduce((total, { count }) => total + count, 0)
  const names = [...new Set(gates.map(({ gate }) => gate))].sort((a, b) => sum(b) - sum(a) || (a < b ? -1 : 1))
  return {
    as_of: now.toISOString(),
    weeks: weeks.map((week) => ({
      from: new Date(week).toISOString(),
      to: new Date(week + weekMs).toISOString(),
      ...nothing,
      ...ofWeek(sessions, week)[0],
      ...ofWeek(decisions, week)[0],
      reasons: ofWeek(reasons, week),
    })),
    gates: names.map((gate) => ({
      gate,
      counts: weeks.map((week) => ofWeek(gates, week).find((row) => row.gate === gate)?.count ?? 0),
    })),
  }
}
