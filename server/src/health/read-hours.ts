import { type Kysely, sql } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { hourMs } from './classify.ts'
import type { State } from './read-state.ts'

export const hoursShown = 24

/** Calls of each of these tenants in each of the last 24 hours, the oldest first; the last hour is the one that is now. */
export const readHours = async (
  db: Kysely<Tables>,
  { window, rolledToMs }: State,
  tenants: readonly number[],
): Promise<Map<number, number[]>> => {
  const firstMs = window.thisHourMs - (hoursShown - 1) * hourMs
  const at = (ms: number) => sql`to_timestamp(${sql.lit(ms / 1000)})`
  const { rows } = await sql<{ n: number; hour: number; calls: number }>`
    select n, extract(epoch from hour)::float8 as hour, sum(calls)::float8 as calls from health_hours
    where n = any(${tenants}::int[]) and hour >= ${at(firstMs)} and hour < ${at(rolledToMs)} group by n, hour
    union all
    select n, extract(epoch from date_trunc('hour', minute, 'UTC'))::float8, sum(calls)::float8 from health_minutes
    where n = any(${tenants}::int[]) and minute >= ${at(Math.max(rolledToMs, firstMs))} and minute <= ${at(window.minuteMs)} group by 1, 2`.execute(
    db,
  )
  const found = new Map(tenants.map((n) => [n, Array.from({ length: hoursShown }, () => 0)]))
  for (const { n, hour, calls } of rows) found.get(n)?.splice(Math.round((hour * 1000 - firstMs) / hourMs), 1, calls)
  return found
}
