import type { LoggedEvent } from '@countersign/contract/events.ts'
import { Destination } from '../../server/src/destinations.ts'
import { startDelivery } from '../../server/src/feed/deliver.ts'
import { readStates } from '../../server/src/feed/list.ts'
import { openSender } from '../../server/src/feed/open-sender.ts'
import type { Store } from '../../server/src/store/open.ts'
import { transaction } from '../../server/src/store/transaction.ts'
import { eventOf, newRig as newLogRig, numbers, origin } from '../audit/rig.ts'
import { until } from '../support/until.ts'

const quiet = { info: () => {}, warn: () => {} }
export const local = ['127.0.0.1', '::1']

/** A log with a sequencer that runs when it is told to, and destinations that are delivered to until they are stopped. */
export const newRig = async () => {
  const rig = await newLogRig()
  const loops: ReturnType<typeof startDelivery>[] = []
  const destinations: Record<string, Destination> = {}
  const declare = (name: string, given: object): Destination => {
    destinations[name] = Destination.parse({ allow_addresses: local, ...given })
    return destinations[name]
  }
  const deliver = (name: string, { environment = {}, store = rig.store }: { environment?: NodeJS.ProcessEnv; store?: Store } = {}) => {
    const destination = destinations[name] as Destination
    const key = { privateKey: rig.keys.assertion.privateKey, kid: rig.keys.assertion.publicJwk.kid }
    const sender = openSender({ name, destination, config: { source: `${rig.dataDir}/config.yaml` }, environment, key })
    const words = { consoleUrl: 'https://support.example', productName: 'Acme' }
    const loop = startDelivery({ ...words, store, sequenced: store, origin, name, destination, sender, log: quiet })
    loops.push(loop)
    return loop
  }
  const state = async (name: string) => (await readStates(rig.store.db, { config: { destinations } })).find((each) => each.name === name)
  return {
    ...rig,
    declare,
    deliver,
    destinations,
    state,
    /** Lets the log grow by so many entries: events, many at a time, and what it says of its tenants before it is signed. */
    async fill(count: number, from = 0, more: Parameters<typeof eventOf>[1] = {}) {
      const end = from + Math.max(count - 1, 1)
      for (let at = from; at < end; at += 1_000) {
        const part = numbers(Math.min(1_000, end - at), at).map((n) => eventOf(n, more))
        await transaction(rig.store, (tx) => rig.journal.recordAll(tx, part))
      }
      await rig.sequencer.drain()
    },
    upToDate: (name: string, seconds = 20) => until(async () => (await state(name))?.state === 'up_to_date', seconds),
    async close() {
      await Promise.all(loops.map((loop) => loop.stop()))
      await rig.close()
    },
  }
}
export type Rig = Awaited<ReturnType<typeof newRig>>

export const indexesOf = (events: readonly Pick<LoggedEvent, 'log_index'>[]): number[] => events.map(({ log_index }) => log_index)

/** Each once, by its first arrival. */
export const firsts = (indexes: readonly number[]): number[] => [...new Set(indexes)]
