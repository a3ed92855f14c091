import type { Overview } from '@countersign/contract/health.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { hourMs } from './classify.ts'
import { signalState, type Window, windowAt } from './window.ts'

/** How far signals were judged, at one instant of the database. */
export type State = {
  nowMs: number
  window: Window
  /** Hours before it lie in hours, what came after in minutes. */
  rolledToMs: number
  signals: Overview['signals']
}

export const readState = async (db: Kysely<Tables>, staleMinutes: number): Promise<State> => {
  // A page is read in less time than a second process takes to begin.
  await sql`set local max_parallel_workers_per_gather = 0`.execute(db)
  const { rows } = await sql<{ now: Date; reached_at: Date | null; rolled_to: Date | null }>`
    select clock_timestamp() as now, rolled_to,
      case when reached_at <= clock_timestamp() + interval '5 minutes' then least(reached_at, date_trunc('minute', clock_timestamp())) end as reached_at
    from health_state`.execute(db)
  const { now, reached_at, rolled_to } = rows[0] as { now: Date; reached_at: Date | null; rolled_to: Date | null }
  const nowMs = now.getTime()
  const window = windowAt(nowMs)
  return {
    nowMs,
    window,
    // Minutes are there for 26 hours, however long nobody rolled them up.
    rolledToMs: Math.min(Math.max(rolled_to?.getTime() ?? 0, window.thisHourMs - 26 * hourMs), window.thisHourMs),
    signals: { state: signalState(reached_at?.getTime() ?? null, nowMs, staleMinutes), last_at: reached_at?.toISOString() ?? null },
  }
}
