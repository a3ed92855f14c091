import { sql } from 'kysely'
import type { Store } from '../store/open.ts'
import { waitForSequenced } from './sequenced.ts'

const lookMilliseconds = 200

/** Waits until everything that was committed by now has its place in the log; false where it does not within this time. */
export const awaitCaughtUp = async (store: Store, signal: AbortSignal, milliseconds = 5_000): Promise<boolean> => {
  const last = await sql<{
    n: string
  }>`select least(coalesce(max(n), 0), coalesce(pg_sequence_last_value('events_n'::regclass), 0))::text as n from events`.execute(store.db)
  const mark = last.rows[0]?.n ?? '0'
  for (const end = performance.now() + milliseconds; !signal.aborted; ) {
    const { rows } = await sql<{ done: boolean }>`
      select s.high_n >= ${mark}::bigint and not exists (
        select from log_gaps g join events e on e.n = g.n where g.n <= ${mark}::bigint
      ) as done
      from log_sequencer s`.execute(store.db)
    if (rows[0]?.done === true) return true
    if (performance.now() > end) return false
    await waitForSequenced(store, lookMilliseconds, signal)
  }
  return false
}
