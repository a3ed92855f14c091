import type { ErrorCode } from '@countersign/contract/errors.ts'
import { type Loop, type LoopLog, startLoop } from '../run/loop.ts'
import type { Running } from './running.ts'

const everyMs = 400
/** Longest that anything runs on without the database's word that it may. */
const leaseMs = 2_000

type Needs = {
  name: string
  /** Which of these may not run any more, and why. */
  find(ids: readonly string[]): Promise<ReadonlyMap<string, ErrorCode>>
  running: Running
  log: LoopLog
}

/**
 * Looks after what is running: sessions that were revoked on another replica, or whose staff member lost the right, are cut
 * within a second. Where the database cannot be asked for two seconds, everything is cut.
 */
export const startWatch = ({ name, find, running, log }: Needs): Loop => {
  let heardMs = performance.now()
  const look = async (): Promise<void> => {
    const askedMs = performance.now()
    const lease = setTimeout(() => running.cutAll('store_unavailable'), Math.max(0, heardMs + leaseMs - askedMs))
    try {
      for (const [id, code] of await find(running.sessionIds())) running.cut(id, code)
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
      if (running.count() > 0) await look()
      else heardMs = performance.now()
    },
    log,
  })
}
