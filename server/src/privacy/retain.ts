import type { Config } from '../config.ts'
import { newElected } from '../run/elected.ts'
import { type Loop, type LoopLog, startLoop } from '../run/loop.ts'
import { type EraseBase, eraseAll } from './erase.ts'
import type { Selector } from './selector.ts'

type Retention = Config['retention']

const everyMs = 3_600_000
/** Longer than a transaction of an erasure takes. Two at once would do no harm: what one has erased, the other does not find. */
const leaseSeconds = 120
const dayMs = 86_400_000

/** What is older than the configuration keeps it. */
const dueOf = ({ searches_days, addresses_days }: Retention, nowMs: number): { selector: Selector; days: number }[] => {
  const before = (days: number): string => new Date(nowMs - days * dayMs).toISOString()
  return [
    ...(searches_days === undefined ? [] : [{ selector: { searches_before: before(searches_days) }, days: searches_days }]),
    ...(addresses_days === undefined ? [] : [{ selector: { addresses_before: before(addresses_days) }, days: addresses_days }]),
  ]
}

/** Erases once what is due. */
export const retainOnce = async (base: EraseBase, retention: Retention, signal?: AbortSignal, nowMs = Date.now()): Promise<number> => {
  let erased = 0
  for (const { selector, days } of dueOf(retention, nowMs)) {
    const reason = `The configuration keeps this for ${days} ${days === 1 ? 'day' : 'days'} (retention).`
    erased += await eraseAll(base, { selector, reason, actor: { kind: 'system', id: 'retention' } }, signal)
  }
  return erased
}

/** Erases by age what the configuration says, one process at a time among all instances. */
export const startRetention = (base: EraseBase & { retention: Retention; log: LoopLog }): Loop => {
  const elected = newElected({ store: base.store, name: 'retention', seconds: leaseSeconds })
  return startLoop({
    name: 'retention',
    everyMs,
    retry: { firstMs: 10_000, longestMs: everyMs },
    pass: async (signal) => {
      const erased = await elected.lead(() => retainOnce(base, base.retention, signal))
      if (erased) base.log.info({ erased }, 'values were erased by their age')
    },
    end: elected.release,
    log: base.log,
  })
}
