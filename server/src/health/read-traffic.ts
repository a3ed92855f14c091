import type { TenantHealth, trafficWindows } from '@countersign/contract/health.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { hourMs } from './classify.ts'
import { type Bucket, percentile } from './percentiles.ts'
import type { State } from './read-state.ts'
import { dayMs, minuteMs } from './window.ts'

type Span = { n: number; window: (typeof trafficWindows)[number]; state: State }

const at = (ms: number) => sql`to_timestamp(${sql.lit(ms / 1000)})`

/** From when minutes count, and from when hours do: those of a day are all minutes, so that they add up to its total. */
const boundsOf = ({ window, state }: Span) => {
  const { thisHourMs, edgeMs } = state.window
  const isDay = window === '24h'
  return {
    stepSeconds: isDay ? 300 : 3600,
    fromMs: isDay ? edgeMs : thisHourMs + hourMs - 7 * dayMs,
    minutesFromMs: isDay ? edgeMs : state.rolledToMs,
  }
}

/** Both kinds of rows of the window: instant, calls, errors, routes and latency. */
const rowsOf = (span: Span) => {
  const { fromMs, minutesFromMs } = boundsOf(span)
  return sql`(
    select hour as instant, calls, errors, routes, latency from health_hours
    where n = ${span.n} and hour >= ${at(fromMs)} and hour < ${at(minutesFromMs)}
    union all
    select minute, calls, errors, routes, latency from health_minutes
    where n = ${span.n} and minute >= ${at(minutesFromMs)} and minute <= ${at(span.state.window.minuteMs)}
  ) as traffic`
}

/** Calls and errors in equal steps without gaps. */
export const readSeries = async (db: Kysely<Tables>, span: Span): Promise<TenantHealth['series']> => {
  const { stepSeconds, fromMs } = boundsOf(span)
  const { rows } = await sql<{ step: number; calls: number; errors: number }>`
    select floor((extract(epoch from instant) - ${sql.lit(fromMs / 1000)}) / ${sql.lit(stepSeconds)})::int as step,
      sum(calls)::float8 as calls, sum(errors)::float8 as errors from ${rowsOf(span)} group by 1`.execute(db)
  const found = new Map(rows.map((row) => [row.step, row]))
  const untilMs = span.state.window.minuteMs + minuteMs
  const points = Array.from({ length: Math.ceil((untilMs - fromMs) / (stepSeconds * 1000)) }, (_, step) => ({
    at: new Date(fromMs + step * stepSeconds * 1000).toISOString(),
    calls: found.get(step)?.calls ?? 0,
    errors: found.get(step)?.errors ?? 0,
  }))
  return { step_seconds: stepSeconds, points }
}

type Route = [method: string | null, route: string, status: number | null, calls: number, errors: number]
const routesShown = 20

/** Where calls failed, and how long they took, as far as the sources say so. */
export const readDetails = async (db: Kysely<Tables>, span: Span): Promise<Pick<TenantHealth, 'routes' | 'latency_ms'>> => {
  const { rows } = await sql<{ routes: Route[] | null; latency: Bucket[] | null }>`
    select merge_health_routes(jsonb_agg(routes) filter (where routes is not null)) as routes,
      merge_health_latency(jsonb_agg(latency) filter (where latency is not null)) as latency from ${rowsOf(span)}`.execute(db)
  const { routes, latency } = rows[0] ?? {}
  const [p50, p95] = [percentile(latency ?? [], 0.5), percentile(latency ?? [], 0.95)]
  return {
    routes: (routes ?? [])
      .filter(([, , , , errors]) => errors > 0)
      .slice(0, routesShown)
      .map(([method, route, status, calls, errors]) => ({ method, route, status, calls, errors })),
    latency_ms: p50 === null || p95 === null ? null : { p50, p95 },
  }
}
