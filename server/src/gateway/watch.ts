import { type Loop, type LoopLog, startLoop } from '../run/loop.ts'
import type { Running } from './running.ts'

const everyMs = 400
/** Longest that anything runs on without the database's word that it may. */
const leaseMs = 2_000

type Needs = {
  name: string
  /** Asks the database about these, and cuts those that may not run any more. */
  look(ids: readonly string[]): Promise<void>
  running: Running
  log: LoopLog
}

/**
 * Looks after what is running: sessions that were revoked on another replica, in which nobody did anything for too long, or whose staff
 * member lost the right to them or to a scope, are cut within a second; one that was extended runs on. Where the database cannot be
 * asked for two seconds, everything is cut.
 */
export const startWatch = ({ name, look, running, log }: Needs): Loop => {
  let heardMs = performance.now()
  const lookOnce = async (): Promise<void> => {
    const askedMs = performance.now()
    const lease = setTimeout(() => running.cutAll('store_unavailable'), Math.max(0, heardMs + leaseMs - askedMs))
    try {
      await look(running.sessionIds())
      heardMs = askedMs
    } catch (error) {
      if (performance.now() - heardMs >= leaseMs) running.cutAll('store_unavailable')
      throw error
    } finally {
      clearTimeout(lease)
    }
  }
  return startLoop({
    name,
    everyMs,
    firstMs: everyMs,
    pass: async () => {
      if (running.count() > 0) await lookOnce()
      else heardMs = performance.now()
    },
    log,
  })
}
