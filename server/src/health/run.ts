import type { ConfigFile } from '../config.ts'
import { newElected } from '../run/elected.ts'
import { type Loop, type LoopLog, startLoop } from '../run/loop.ts'
import type { Store } from '../store/open.ts'
import { newJudge } from './judge.ts'

/** Longer than one of its transactions takes. */
const leaseSeconds = 30

/**
 * Judges health by what signals show, in one process at a time. It looks for signals once a second: whichever instance took them,
 * they are judged within that and the time of a pass.
 */
export const startJudging = ({ store, health, log }: { store: Store; health: ConfigFile['health']; log: LoopLog }): Loop => {
  const elected = newElected({ store, name: 'health', seconds: leaseSeconds })
  const judge = newJudge(store, health)
  return startLoop({
    name: 'health',
    everyMs: 1_000,
    retry: { firstMs: 500, longestMs: 5_000 },
    pass: async () => {
      const pass = await elected.lead(judge)
      return pass?.isMore ? { nextMs: 0 } : undefined
    },
    end: elected.release,
    log,
  })
}
