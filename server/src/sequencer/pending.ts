import { type Kysely, sql } from 'kysely'
import type { EventRow } from '../audit/check-event.ts'
import type { Tables } from '../store/tables.ts'
import { lastNumber, requireGivenOut } from './high-mark.ts'
import { Stop } from './load-edge.ts'

/*
 * Which committed events are not in the log yet?
 *
 * Writers must not wait for the log, and the log not for writers. An event takes its number `n` from a sequence when it is
 * inserted, so numbers become visible out of order, and some never do: their transaction was rolled back. Whoever reads
 * "everything above the highest number seen" loses those that were still in flight. So the numbers that were skipped are
 * kept in log_gaps, and looked for again until it is certain that they will not come.
 *
 * When is that certain? All that follows happens in one REPEATABLE READ transaction, so on one snapshot.
 *
 *   1. The writer W of a missing number n had its transaction id x(W) before it took n: the column `tx` stands before `n`,
 *      and defaults are evaluated in column order.
 *   2. The gap is noticed in a snapshot S1, because a number above n is visible there. The sequence had passed n by then.
 *   3. Our transaction takes its own id x1 after S1 was taken (it locks a row, which comes after the snapshot). So
 *      x(W) < x1. The gap is stored with seen_tx = x1. The snapshot's own xmax would not do: it is one above the highest
 *      *finished* id, and W may be running with a higher one.
 *   4. In a later snapshot S2 with xmin(S2) > x1 every id up to x1 is finished, W's too. If W committed, S2 shows n: it is
 *      taken now. If S2 does not show n, W was rolled back, and n never comes.
 *
 * A number that was lost in a crash is not given out again once a higher one has been committed, since the sequence's state
 * was flushed with that commit. A prepared transaction counts as running. A restored copy of the database has no writers.
 *
 * Whoever has the database can write into log_rejected and log_gaps too. So what stands in log_rejected is judged like any other
 * row when its turn comes, and a gap is settled by what was seen of its event, never by a word of these tables.
 */

/** Numbers between two visible ones that may be missing before we believe that somebody moved the sequence. */
const maxGap = 1_000_000

/** An event, and whether its number stands in log_rejected. */
export type PendingRow = EventRow & { rejected: boolean }

export type Pending = {
  rows: PendingRow[]
  /** Committed events whose number the sequence has not given out: nobody but a person with SQL writes those. */
  strangers: string[]
  highN: string
  /** Numbers first missed now. */
  missing: [from: bigint, to: bigint][]
  /** There may be more than was read. */
  more: boolean
}

/** Reads committed events that are not in the log, at most `limit` late ones and `limit` new ones, by their number. */
export const readPending = async (tx: Kysely<Tables>, highN: string, limit: number): Promise<Pending> => {
  // Asked after the snapshot was taken, so that no number visible there can be above it. For the rest of the transaction the
  // database reads by indexes: it knows too little of a table that grows this fast, and would sort all that is left to take,
  // for each batch. No statement of a tick needs to sort.
  const last = await sql<{ n: string }>`
    select ${lastNumber} as n, set_config('enable_sort', 'off', true),
           set_config('enable_bitmapscan', 'off', true)`.execute(tx)
  const lastN = last.rows[0]?.n ?? '0'
  requireGivenOut(highN, lastN)
  const late = await sql<PendingRow>`
    select e.n, e.body, e.mac, exists (select 1 from log_rejected r where r.n = e.n) as rejected
    from log_gaps g join events e on e.n = g.n where g.n <= ${highN} order by e.n limit ${limit}`.execute(tx)
  const fresh = await sql<PendingRow>`
    select n, body, mac, exists (select 1 from log_rejected r where r.n = events.n) as rejected
    from events where n > ${highN} and n <= ${lastN} order by n limit ${limit}`.execute(tx)
  const strange = await sql<{ n: string }>`
    select n from events where n > ${lastN} and not exists (select 1 from log_rejected r where r.n = events.n) order by n limit ${limit}`.execute(
    tx,
  )
  const missing: [bigint, bigint][] = []
  let next = BigInt(highN) + 1n
  let skipped = 0n
  for (const { n } of fresh.rows) {
    const number = BigInt(n)
    if (number > next) {
      missing.push([next, number - 1n])
      skipped += number - next
    }
    next = number + 1n
  }
  if (skipped > maxGap) throw new Stop(`${skipped} numbers of events are missing above ${highN}: the sequence events_n was moved.`)
  return {
    rows: [...late.rows, ...fresh.rows],
    strangers: strange.rows.map(({ n }) => n),
    highN: String(next - 1n),
    missing,
    more: late.rows.length === limit || fresh.rows.length === limit,
  }
}

/** Notes the numbers first missed now, and forgets those that were found, were kept out just now, or will never come. */
export const settleGaps = async (
  tx: Kysely<Tables>,
  { missing }: Pick<Pending, 'missing'>,
  keptOut: readonly string[] = [],
): Promise<void> => {
  await sql`
    delete from log_gaps g
    where exists (select 1 from log_entries l where l.event_n = g.n)
       or g.n = any(${keptOut}::bigint[])
       or (g.seen_tx < pg_snapshot_xmin(pg_current_snapshot()) and not exists (select 1 from events e where e.n = g.n))`.execute(tx)
  if (missing.length === 0) return
  await sql`
    insert into log_gaps (n, seen_tx)
    select n, pg_current_xact_id()
    from unnest(${missing.map(([from]) => String(from))}::bigint[], ${missing.map(([, to]) => String(to))}::bigint[]) as gap (low, high),
         generate_series(low, high) as n
    on conflict do nothing`.execute(tx)
}
