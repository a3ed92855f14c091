import { type Kysely, sql, type Transaction } from 'kysely'
import { holdLease, type Lease } from '../run/elected.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'

/** Where a destination is. */
export type Cursor = { next: number; epoch: string; refusedInARow: number }

const now = sql<Date>`clock_timestamp()`

export const loadCursor = async (db: Kysely<Tables>, destination: string): Promise<Cursor> => {
  await db
    .insertInto('feed_cursors')
    .values({ destination })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const row = await db.selectFrom('feed_cursors').selectAll().where('destination', '=', destination).executeTakeFirstOrThrow()
  return { next: Number(row.next_index), epoch: row.epoch, refusedInARow: row.refused_in_a_row }
}

/** What became of a batch: the destination goes on at `next`. */
export type Progress = {
  next: number
  taken: number
  parked: readonly { log_index: number; event_id: string; why: string }[]
}

const park = async (tx: Transaction<Tables>, destination: string, parked: Progress['parked']): Promise<void> => {
  if (parked.length === 0) return
  await tx
    .insertInto('feed_parked')
    .values(parked.map((each) => ({ destination, ...each })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/**
 * Moves the cursor on, if the lease is still ours and nobody has moved it meanwhile; answers the cursor as it is then, undefined
 * where it was moved.
 */
export const advance = (store: Store, lease: Lease, destination: string, at: Cursor, progress: Progress): Promise<Cursor | undefined> =>
  transaction(store, async (tx) => {
    await holdLease(tx, lease)
    const refusedInARow = progress.taken > 0 ? 0 : at.refusedInARow + progress.parked.length
    const moved = await tx
      .updateTable('feed_cursors')
      .set({
        next_index: progress.next,
        delivered: sql`delivered + ${progress.taken}`,
        refused_in_a_row: refusedInARow,
        ...{ failures: 0, error: null, error_at: null },
        ...(progress.taken > 0 ? { delivered_at: now } : {}),
      })
      .where('destination', '=', destination)
      .where('epoch', '=', at.epoch)
      .where('next_index', '=', String(at.next))
      .executeTakeFirst()
    if (moved.numUpdatedRows === 0n) return undefined
    await park(tx, destination, progress.parked)
    return { next: progress.next, epoch: at.epoch, refusedInARow }
  })

/** A destination that refuses so many events one after the other refuses everything. */
export const refusedMaximum = 20

/** Notes why nothing goes on, for those who look. */
export const noteFailure = async (
  db: Kysely<Tables>,
  destination: string,
  failure: { sentence: string; isRefusing: boolean },
): Promise<void> => {
  await db
    .updateTable('feed_cursors')
    .set({
      ...{ error: failure.sentence, error_at: now, failures: sql`failures + 1` },
      ...(failure.isRefusing ? { refused_in_a_row: refusedMaximum } : {}),
    })
    .where('destination', '=', destination)
    .execute()
}

/** Sets the cursor to a place, whatever is under way. */
export const replayFrom = async (tx: Transaction<Tables>, destination: string, from: number): Promise<void> => {
  await tx
    .insertInto('feed_cursors')
    .values({ destination, next_index: from })
    .onConflict((conflict) =>
      conflict.column('destination').doUpdateSet({
        next_index: from,
        epoch: sql`feed_cursors.epoch + 1`,
        ...{ refused_in_a_row: 0, failures: 0, error: null, error_at: null },
      }),
    )
    .execute()
  await tx.deleteFrom('feed_parked').where('destination', '=', destination).where('log_index', '>=', String(from)).execute()
}
