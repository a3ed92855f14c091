import { setTimeout as wait } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { Refusal } from '../errors.ts'
import type { Changes } from './mirror.ts'
import { claimRound, type RoundNeeds, runRound } from './round.ts'

/** How often to look whether a round is due; another instance may be the one that runs it. */
const lookEverySeconds = 5

type Log = { info(facts: object, sentence: string): void; warn(facts: object, sentence: string): void }
type Needs = RoundNeeds & { config: { directory: Pick<Config['directory'], 'sync_seconds' | 'full_sync_hours'> }; log: Log }

export type Sync = {
  /** Runs a round now, after the one that may be running here. Undefined where another instance holds the lease. */
  syncNow(): Promise<Changes | undefined>
  stop(): Promise<void>
}

/** Keeps the mirror of tenants up to date, with one runner at a time among all instances. */
export const startSync = (needs: Needs): Sync => {
  const stopping = new AbortController()
  let running: Promise<Changes | undefined> | undefined

  const run = async (now: boolean): Promise<Changes | undefined> => {
    const round = await claimRound(needs.store, needs.config.directory, now)
    return round && runRound(needs, round, stopping.signal)
  }
  const attempt = (now: boolean): Promise<Changes | undefined> => {
    running ??= run(now).finally(() => {
      running = undefined
    })
    return running
  }

  const loop = async (): Promise<void> => {
    const longest = needs.config.directory.sync_seconds
    let failures = 0
    while (!stopping.signal.aborted) {
      try {
        await attempt(false)
        failures = 0
      } catch (error) {
        failures += 1
        const code = error instanceof Refusal ? error.code : 'internal'
        needs.log.warn({ code, err: error instanceof Refusal ? (error.facts.cause ?? error) : error }, 'the directory could not be read')
      }
      // A directory that is down is asked again soon, then ever less often, but at least once in each interval.
      const seconds = failures === 0 ? Math.min(lookEverySeconds, longest) : Math.min(2 ** (failures - 2), longest)
      await wait(seconds * 1000, undefined, { signal: stopping.signal, ref: false }).catch(() => {})
    }
  }
  const looping = loop()

  return {
    async syncNow() {
      await running?.catch(() => {})
      return attempt(true)
    },
    async stop() {
      stopping.abort()
      await Promise.allSettled([looping, running])
    },
  }
}
