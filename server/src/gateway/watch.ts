import { setTimeout as wait } from 'node:timers/promises'
import type { Admission } from '../sessions/admit.ts'
import type { Running } from './running.ts'

const everyMs = 400
/** Longest that anything runs on without the database's word that it may. */
const leaseMs = 2_000

type Needs = { admission: Admission; running: Running; log: { warn(facts: object, message: string): void } }

/**
 * Looks after what is running: sessions that were revoked on another replica, or whose staff member lost the right, are cut
 * within a second. Where the database cannot be asked for two seconds, everything is cut.
 */
export const startWatch = ({ admission, running, log }: Needs): { stop(): Promise<void> } => {
  const stopping = new AbortController()
  const look = async (): Promise<void> => {
    const unusable = await admission.findUnusable(running.sessionIds())
    for (const [sessionId, code] of unusable) running.cut(sessionId, code)
  }
  const run = async (): Promise<void> => {
    let heardMs = performance.now()
    while (!stopping.signal.aborted) {
      await wait(everyMs, undefined, { signal: stopping.signal }).catch(() => {})
      if (running.count() === 0) {
        heardMs = performance.now()
        continue
      }
      const askedMs = performance.now()
      const lease = setTimeout(() => running.cutAll('store_unavailable'), Math.max(0, heardMs + leaseMs - askedMs))
      try {
        await look()
        heardMs = askedMs
      } catch (err) {
        log.warn({ err }, 'running requests could not be looked after')
        if (performance.now() - heardMs >= leaseMs) running.cutAll('store_unavailable')
      } finally {
        clearTimeout(lease)
      }
    }
  }
  const watching = run()
  return {
    stop: async () => {
      stopping.abort()
      await watching
    },
  }
}
