import type { Config } from '../config.ts'
import { newElected } from '../run/elected.ts'
import { type Loop, type LoopLog, startLoop } from '../run/loop.ts'
import { beginRound, type RoundNeeds, runRound } from './round.ts'
import { type Noted, readUnreadable } from './unreadable.ts'

/** How often to look whether a round is due. */
const lookEverySeconds = 5
/** Longer than the longest call to the directory. */
const leaseSeconds = 15

/** For anybody: which tenants, staff see. */
const explainUnreadable = (count: number, rows: readonly Noted[]): string =>
  `${count === 1 ? 'One tenant of the directory' : `${count} tenants of the directory`} cannot be read: wrong is ${[...new Set(rows.flatMap(({ members }) => members))].join(', ')}.`

type Needs = RoundNeeds & { config: Pick<Config, 'directory'>; log: LoopLog; productReady?: Promise<unknown> }

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** Keeps the mirror of tenants up to date, with one runner at a time among all instances. */
export const startSync = (needs: Needs): Loop => {
  const { directory } = needs.config
  const settings = { ...directory, address: directory.connector.url, audience: directory.connector.audience }
  const elected = newElected({ store: needs.store, name: 'directory', seconds: leaseSeconds })
  return startLoop({
    name: 'directory sync',
    everyMs: Math.min(lookEverySeconds, directory.sync_seconds) * 1000,
    // A directory that is down is asked again soon, then ever less often, but at least once in each interval.
    retry: { firstMs: 500, longestMs: directory.sync_seconds * 1000 },
    pass: async (stopping) => {
      if (needs.productReady !== undefined) await Promise.race([needs.productReady, untilAborted(stopping)])
      if (stopping.aborted) return undefined
      await elected.lead(async (lease) => {
        const round = await beginRound(needs, lease, settings)
        if (round) await runRound(needs, lease, round, stopping)
      })
      const { count, rows } = await readUnreadable(needs.store.db)
      return count === 0 ? undefined : { undone: explainUnreadable(count, rows) }
    },
    end: elected.release,
    log: needs.log,
  })
}
