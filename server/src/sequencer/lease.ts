import { type Kysely, sql } from 'kysely'
import type { Tables } from '../store/tables.ts'

/** How long a sequencer that fell silent keeps others waiting. The database's clock decides. */
export const leaseSeconds = 3

/** The row of log_sequencer as its holder sees it. `fence` tells one holder from the next. */
export type Lease = { holder: string; fence: string }

export type SequencerRow = { fence: string; size: number; root: Buffer; high_n: string }

const until = sql<Date>`clock_timestamp() + make_interval(secs => ${leaseSeconds})`

/** Takes the lease where nobody else holds it, with a new fence; undefined where somebody does. */
export const takeLease = async (db: Kysely<Tables>, holder: string): Promise<Lease | undefined> => {
  const row = await db
    .updateTable('log_sequencer')
    .set({ holder, fence: sql`fence + 1`, lease_expires_at: until })
    .where((where) => where.or([where('holder', '=', holder), where('lease_expires_at', '<=', sql<Date>`clock_timestamp()`)]))
    .returning('fence')
    .executeTakeFirst()
  return row && { holder, fence: row.fence }
}

/** The lease was lost: somebody else sequences, or nobody does and it must be taken anew. */
export class LostLease extends Error {
  override name = 'LostLease'
}

/**
 * Locks the sequencer's row for the rest of the transaction, if the lease is still ours. A holder that was paused for longer
 * than its lease fails here; one that is paused while it has the lock is ended by the database, which frees the lock.
 */
export const lockLease = async (tx: Kysely<Tables>, { fence }: Lease): Promise<SequencerRow> => {
  await sql`set local idle_in_transaction_session_timeout = ${sql.lit(leaseSeconds * 1000)}`.execute(tx)
  await sql`set local lock_timeout = 1000`.execute(tx)
  const { rows } = await sql<{ fence: string; size: string; root: Buffer; high_n: string; live: boolean }>`
    select fence, size, root, high_n, lease_expires_at > clock_timestamp() as live from log_sequencer for update`.execute(tx)
  const row = rows[0]
  if (!row || row.fence !== fence || !row.live) throw new LostLease('the lease has run out')
  return { ...row, size: Number(row.size) }
}

/** Keeps the lease for another while; false where it was lost. */
export const renewLease = async (db: Kysely<Tables>, { fence }: Lease): Promise<boolean> => {
  const done = await db
    .updateTable('log_sequencer')
    .set({ lease_expires_at: until })
    .where('fence', '=', fence)
    .where('lease_expires_at', '>', sql<Date>`clock_timestamp()`)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Gives the lease up, so that another one need not wait. */
export const releaseLease = async (db: Kysely<Tables>, { fence }: Lease): Promise<void> => {
  await db.updateTable('log_sequencer').set({ lease_expires_at: sql<Date>`clock_timestamp()` }).where('fence', '=', fence).execute()
}

export { until as leaseUntil }
