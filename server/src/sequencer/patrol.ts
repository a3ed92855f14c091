import { type Kysely, sql } from 'kysely'
import { type CheckedEvent, checkEvent, type EventRow } from '../audit/check-event.ts'
import { newJournal } from '../audit/record.ts'
import type { Keys } from '../keys.ts'
import { holdLease, type Lease } from '../run/elected.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import { suspect } from './suspicion.ts'

/*
 * Events that were passed over: committed, below the mark up to which events were taken, and neither in the log nor among the numbers
 * that are looked for. The sequencer leaves none; somebody who moves its mark, takes a number out of log_gaps, puts one into
 * log_rejected or gives an event another number does. So all events are gone through, a few in a second, again and again. What
 * is found is looked for like any other number, so the next tick takes it, or keeps it out for what it is.
 */

type Needs = { store: Pick<Store, 'db'>; keys: Pick<Keys, 'event'>; origin: string }
type Row = EventRow & { rejected: boolean }

/** Events looked at in one step, and found in one at most. */
const stride = 5_000
const foundMost = 1_000
const pauseMs = 1_000
/** Between the end of one round and the beginning of the next. */
const restMs = 60_000
const lowest = '-9223372036854775808'

/** Which of the events are in the log already, by their ids. */
export const findKnown = async (tx: Kysely<Tables>, events: readonly CheckedEvent[]): Promise<Set<string>> => {
  const { rows } = await sql<{ event_id: string }>`
    select event_id from log_entries where event_id = any(${events.map(({ event }) => event.id)}::text[])`.execute(tx)
  return new Set(rows.map(({ event_id }) => event_id))
}

const readSlice = async (db: Kysely<Tables>, from: string, highN: string): Promise<{ rows: Row[]; last: string | null }> => {
  const end = await sql<{ last: string | null }>`
    select max(n) as last from (select n from events where n > ${from} and n <= ${highN} order by n limit ${stride}) slice`.execute(db)
  const last = end.rows[0]?.last ?? null
  if (last === null) return { rows: [], last }
  const { rows } = await sql<Row>`
    select e.n, e.body, e.mac, exists (select from log_rejected r where r.n = e.n) as rejected
    from events e
    where e.n > ${from} and e.n <= ${last}
      and not exists (select from log_entries l where l.event_n = e.n and l.event_n > ${from} and l.event_n <= ${last})
      and not exists (select from log_gaps g where g.n = e.n)
    order by e.n limit ${foundMost}`.execute(db)
  return { rows, last: rows.length === foundMost ? (rows.at(-1) as Row).n : last }
}

/** Of the rows those that are to be looked for, and of these the ones that the tick will not tell of. What was kept out for good reason stays out. */
const judge = async ({ store, keys }: Needs, rows: readonly Row[]) => {
  const events = rows.map((row) => checkEvent(keys.event, row)).filter((checked) => 'event' in checked)
  const known = events.length === 0 ? new Set<string>() : await findKnown(store.db, events)
  const genuine = new Set(events.filter(({ event }) => !known.has(event.id)).map(({ n }) => n))
  const missed = rows.filter(({ n, rejected }) => !rejected || genuine.has(n))
  return { missed: missed.map(({ n }) => n), untold: missed.filter(({ n, rejected }) => !rejected && genuine.has(n)).map(({ n }) => n) }
}

/** Goes through the events below the mark, a slice at a time. */
export const newPatrol = (needs: Needs, lease: Lease) => {
  let from = lowest
  let due = Number.NEGATIVE_INFINITY
  return {
    isDue: (): boolean => performance.now() >= due,
    /** Looks at one slice. Answers whether there is something to take. */
    async step(highN: string): Promise<boolean> {
      const { rows, last } = await readSlice(needs.store.db, from, highN)
      from = last ?? lowest
      due = performance.now() + (last === null ? restMs : pauseMs)
      if (rows.length === 0) return false
      const { missed, untold } = await judge(needs, rows)
      if (missed.length === 0) return false
      await transaction(needs.store, async (tx) => {
        await holdLease(tx, lease)
        await sql`insert into log_gaps (n, seen_tx) select n, pg_current_xact_id() from unnest(${missed}::bigint[]) as n on conflict do nothing`.execute(
          tx,
        )
        const why = 'It was below the mark up to which events were taken, and neither in the log nor looked for.'
        await newJournal(needs.keys.event).recordAll(
          tx,
          untold.map((n) => suspect(needs.origin, 'passed_over', { n, why })),
        )
      })
      return true
    },
  }
}

export type Patrol = ReturnType<typeof newPatrol>
