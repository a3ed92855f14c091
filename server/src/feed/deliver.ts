import { onSequenced } from '../audit/sequenced.ts'
import type { Destination } from '../destinations.ts'
import { Refusal } from '../errors.ts'
import type { Lease } from '../run/elected.ts'
import { newElected } from '../run/elected.ts'
import { type Loop, type LoopLog, startLoop } from '../run/loop.ts'
import type { Store } from '../store/open.ts'
import { advance, type Cursor, loadCursor, noteFailure, type Progress } from './cursor.ts'
import { readBatch } from './read.ts'
import { type Item, Rejected, type Sender, Unsent } from './senders/sender.ts'
import { splitItems, writeItem } from './write.ts'

const batchEvents = 500
/** Another replica may be the one that sequences: we look ourselves at least this often. */
const everyMs = 1_000
/** Longer than the slowest sender takes for one batch: who lost it meanwhile writes nothing. */
const leaseSeconds = 120
/** A destination that refuses so many in a row refuses everything: passing over all of them would be dropping them. */
const refusedMaximum = 20

export type DeliverNeeds = {
  store: Store
  origin: string
  name: string
  destination: Destination
  sender: Sender
  log: LoopLog
}

type Outcome = Omit<Progress, 'next'>

const parkOf = ({ event }: Item, { message }: Rejected): Progress['parked'][number] => ({
  log_index: event.log_index,
  event_id: event.id,
  why: message,
})

/** Sends a part. Where it is refused, the events that are the reason are found by halving; all others go on, in order. */
const sendPart = async (sender: Sender, items: readonly Item[]): Promise<Outcome> => {
  try {
    await sender.send(items)
    return { taken: items.length, parked: [] }
  } catch (error) {
    if (!(error instanceof Rejected)) throw error
    if (error.indexes !== undefined) {
      const refused = items.filter(({ event }) => error.indexes?.includes(event.log_index))
      return { taken: items.length - refused.length, parked: refused.map((item) => parkOf(item, error)) }
    }
    const [only] = items
    if (items.length === 1 && only) return { taken: 0, parked: [parkOf(only, error)] }
    const middle = Math.ceil(items.length / 2)
    const first = await sendPart(sender, items.slice(0, middle))
    const second = await sendPart(sender, items.slice(middle))
    return { taken: first.taken + second.taken, parked: [...first.parked, ...second.parked] }
  }
}

/** The destination refuses one event after the other. */
export const refusesAll = (cursor: Pick<Cursor, 'refusedInARow'>): boolean => cursor.refusedInARow >= refusedMaximum

const sentenceOfRefusal = `it refused ${refusedMaximum} events in a row: correct the configuration or the destination, then replay`

/** Delivers one batch after another until there is nothing left; answers how many events were taken. */
export const deliverAll = async (needs: DeliverNeeds, lease: Lease, signal: AbortSignal): Promise<number> => {
  const { store, name, destination, sender } = needs
  let cursor: Cursor | undefined = await loadCursor(store.db, name)
  let taken = 0
  while (cursor && !signal.aborted) {
    if (refusesAll(cursor)) throw new Unsent(sentenceOfRefusal)
    const { records, next } = await readBatch(needs, destination, cursor.next, batchEvents)
    if (next === cursor.next) break
    const parts = splitItems(
      records.map((record) => writeItem(destination.format, record)),
      sender.limits,
    )
    if (parts.length === 0) cursor = await advance(store, lease, name, cursor, { next, taken: 0, parked: [] })
    for (const [at, part] of parts.entries()) {
      if (!cursor || refusesAll(cursor) || signal.aborted) break
      const outcome = await sendPart(sender, part)
      const following = parts[at + 1]?.[0]?.event.log_index ?? next
      cursor = await advance(store, lease, name, cursor, { ...outcome, next: following })
      taken += outcome.taken
    }
  }
  return taken
}

/** What anybody may be told. */
const explain = (error: unknown): string =>
  error instanceof Unsent || error instanceof Refusal ? error.message : "delivery failed; the program's log says why"

/** Delivers the log to one destination: one process at a time among all instances, in order, each event at least once. */
export const startDelivery = (needs: DeliverNeeds): Loop => {
  const { store, name, sender, log } = needs
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
          await noteFailure(store.db, name, explain(error)).catch(() => {})
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
  const stopListening = onSequenced(store, () => {
    if (loop.status().state === 'waiting') loop.wake()
  })
  return loop
}
