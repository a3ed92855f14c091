import type { LogStatus } from '@countersign/contract/events.ts'
import { type Kysely, sql } from 'kysely'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'

/** Age of the oldest event that is not in the log yet, from which the log counts as behind. */
const behindSeconds = 5

type Row = { size: string; root: Buffer; pending: string; oldest: string | null; signed_at: Date | null }

const readRow = async (db: Kysely<Tables>): Promise<Row> => {
  const { rows } = await sql<Row>`
    with pending as (
      select n from events, log_sequencer
      where n > high_n and (n <= (select coalesce(pg_sequence_last_value('events_n'::regclass), 0))
                            or not exists (select 1 from log_rejected r where r.n = events.n))
      union all
      select n from log_gaps join events using (n)
    )
    select s.size, s.root,
           (select count(*) from pending) as pending,
           (select extract(epoch from clock_timestamp() - (substring(body from '"occurred_at":"([^"]+)"'))::timestamptz)
              from events where n = (select min(n) from pending)) as oldest,
           (select signed_at from log_checkpoints order by size desc limit 1) as signed_at
    from log_sequencer s`.execute(db)
  return rows[0] as Row
}

/** State of the log. `trouble` is what keeps this process's sequencer from working, if anything does. */
export const readLogStatus = async ({ db }: Pick<Store, 'db'>, key: string, trouble?: string): Promise<LogStatus> => {
  const { size, root, pending, oldest, signed_at } = await readRow(db)
  const isBehind = Number(oldest ?? 0) > behindSeconds
  const late = isBehind ? `The oldest event that is not in the log yet is ${Math.round(Number(oldest))} seconds old.` : null
  return {
    size: Number(size),
    pending: Number(pending),
    root: root.toString('base64'),
    signed_at: signed_at?.toISOString() ?? null,
    key,
    state: trouble === undefined ? (isBehind ? 'behind' : 'live') : 'stopped',
    note: trouble ?? late,
  }
}
