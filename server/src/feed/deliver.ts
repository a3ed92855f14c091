import { onSequenced } from '../audit/sequenced.ts'
import type { Destination } from '../destinations.ts'
import { Refusal } from '../errors.ts'
import type { Lease } from '../run/elected.ts'
import { newElected } from '../run/elected.ts'
import { type Loop, type LoopLog, startLoop } from '../run/loop.ts'
import type { Store } from '../store/open.ts'
import type { Write, WriteNeeds } from './contents/content.ts'
import { advance, type Cursor, loadCursor, noteFailure, type Progress, refusedMaximum } from './cursor.ts'
import type { FeedRecord } from './formats/record.ts'
import { readBatch } from './read.ts'
import { type Item, Rejected, type Sender, Unsent } from './senders/sender.ts'
import { newWrite, splitItems } from './write.ts'

const batchEvents = 500
/** Another replica may be the one that sequences: we look ourselves at least this often. */
const everyMs = 1_000
/** Longer than the slowest sender takes for one batch: who lost it meanwhile writes nothing. */
const leaseSeconds = 120
export type DeliverNeeds = {
  store: Store
  /** Where this process hears that the log has grown. */
  sequenced: Pick<Store, 'pool'>
  name: string
  destination: Destination
  sender: Sender
  log: LoopLog
} & WriteNeeds

type Outcome = Omit<Progress, 'next'>

const parkOf = ({ event }: Item, { message }: Rejected): Progress['parked'][number] => ({
  log_index: event.log_index,
  event_id: event.id,
  why: message,
})

/** It refuses one event after the other: the reason is no event. To pass over all of them would be to drop them. */
class RefusesAll extends Unsent {
  override name = 'RefusesAll'
  constructor(why: string) {
    super(`it refuses every event (${why}): correct the configuration, or the destination`)
  }
}

/** Sends parts, and knows how many events were refused one after the other. */
const newHalving = (sender: Sender, refusedBefore: number) => {
  let refused = refusedBefore
  const took = (count: number): Outcome => {
    refused = 0
    return { taken: count, parked: [] }
  }
  const refuse = (items: readonly Item[], error: Rejected): Outcome => {
    refused += items.length
    if (refused >= refusedMaximum) throw new RefusesAll(error.message)
    return { taken: 0, parked: items.map((item) => parkOf(item, error)) }
  }
  /** Where a part is refused, the events that are the reason are found by halving; all others go on, in order. */
  const send = async (items: readonly Item[]): Promise<Outcome> => {
    try {
      await sender.send(items)
      return took(items.length)
    } catch (error) {
      if (!(error instanceof Rejected)) throw error
      if (error.indexes !== undefined) {
        const bad = items.filter(({ event }) => error.indexes?.includes(event.log_index))
        if (bad.length < items.length) refused = 0
        return { taken: items.length - bad.length, parked: refuse(bad, error).parked }
      }
      if (items.length === 1) return refuse(items, error)
      const middle = Math.ceil(items.length / 2)
      const first = await send(items.slice(0, middle))
      const second = await send(items.slice(middle))
      return { taken: first.taken + second.taken, parked: [...first.parked, ...second.parked] }
    }
  }
  return send
}

/** What is sent for entries, up to the first for which it is too early. */
const writeAll = async (write: Write, records: readonly FeedRecord[]): Promise<Item[]> => {
  const items: Item[] = []
  for (const record of records) {
    const item = await write(record)
    if (!item) break
    items.push(item)
  }
  return items
}

/** Delivers one batch after another until there is nothing left; answers how many events were taken. */
export const deliverAll = async (needs: DeliverNeeds, lease: Lease, signal: AbortSignal): Promise<number> => {
  const { store, name, destination, sender } = needs
  let cursor: Cursor | undefined = await loadCursor(store.db, name)
  const send = newHalving(sender, cursor.refusedInARow)
  const write = newWrite(needs, destination)
  let taken = 0
  while (cursor && !signal.aborted) {
    const { records, next } = await readBatch(needs, destination, cursor.next, batchEvents)
    if (next === cursor.next) break
    const items = await writeAll(write, records)
    const isEarly = items.length < records.length
    const end = isEarly ? (records[items.length]?.event.log_index ?? next) : next
    if (end === cursor.next) break
    const parts = splitItems(items, sender.limits)
    if (parts.length === 0) cursor = await advance(store, lease, name, cursor, { next: end, taken: 0, parked: [] })
    for (const [at, part] of parts.entries()) {
      if (!cursor || signal.aborted) break
      const outcome = await send(part)
      cursor = await advance(store, lease, name, cursor, { ...outcome, next: parts[at + 1]?.[0]?.event.log_index ?? end })
      taken += outcome.taken
    }
    if (isEarly) break
  }
  return taken
}

/** What anybody may be told. */
const explain = (error: unknown): string =>
  error instanceof Unsent || error instanceof Refusal ? error.message : "delivery failed; the program's log says why"

/** Delivers the log to one destination: one process at a time among all instances, in order, each event at least once. */
export const startDelivery = (needs: DeliverNeeds): Loop => {
  const { store, sequenced, name, sender, log } = needs
  const elected = newElected({ store, name: `feed ${name}`, seconds: leaseSeconds })
  const loop = startLoop({
    name: `feed ${name}`,
    everyMs,
    retry: { firstMs: 500, longestMs: 60_000 },
    pass: async (signal) => {
      await elected.lead(async (lease) => {
        try {
          await deliverAll(needs, lease, signal)
        } catch (error) {
          await noteFailure(store.db, name, { sentence: explain(error), isRefusing: error instanceof RefusesAll }).catch(() => {})
          throw error
        }
      })
    },
    end: async () => {
      stopListening()
      await elected.release()
      await sender.close()
    },
    explain,
    log,
  })
  const stopListening = onSequenced(sequenced, () => {
    if (loop.status().state === 'waiting') loop.wake()
  })
  return loop
}
