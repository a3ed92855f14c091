import { type Kysely, sql } from 'kysely'
import { newJournal } from '../audit/record.ts'
import type { Keys } from '../keys.ts'
import { holdLease, type Lease } from '../run/elected.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import { Stop } from './load-edge.ts'
import { suspect } from './suspicion.ts'

type Needs = { store: Pick<Store, 'db'>; keys: Pick<Keys, 'event'>; origin: string }

/** The newest number that the sequence has given out. */
export const lastNumber = sql<string>`coalesce(pg_sequence_last_value('events_n'::regclass), 0)`

export const requireGivenOut = (highN: string, lastN: string): void => {
  if (BigInt(highN) <= BigInt(lastN)) return
  throw new Stop(
    `The log says that it has taken the events up to number ${highN}, but the sequence events_n has given out ${lastN}: one of them was moved.`,
  )
}

/** Makes sure that the mark up to which events were taken can be true: not below an event that was, nor above all that there are. */
export const requireHighMark = async (db: Kysely<Tables>, highN: string): Promise<void> => {
  const { rows } = await sql<{ last: string; taken: string }>`
    select ${lastNumber} as last, (select coalesce(max(event_n), 0) from log_entries) as taken`.execute(db)
  const { last = '0', taken = '0' } = rows[0] ?? {}
  requireGivenOut(highN, last)
  if (BigInt(taken) > BigInt(highN)) {
    throw new Stop(`The log has event number ${taken}, but says that it has taken the events up to ${highN}: that mark was set back.`)
  }
}

/** Stops where the mark is not the one that this sequencer wrote last, and says so on the log. */
export const requireUnmoved = async ({ store, keys, origin }: Needs, lease: Lease, highN: string): Promise<void> => {
  const found = await transaction(store, async (tx) => {
    await holdLease(tx, lease)
    const { high_n: n } = await tx.selectFrom('log_sequencer').select('high_n').executeTakeFirstOrThrow()
    const why = `The mark up to which events were taken stood at ${highN}, and was moved here.`
    if (n !== highN) await newJournal(keys.event).record(tx, suspect(origin, 'moved', { n, why }))
    return n
  })
  if (found !== highN) throw new Stop(`The mark up to which events were taken was moved from ${highN} to ${found}.`)
}
