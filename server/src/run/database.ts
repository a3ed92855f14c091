import { requireAnswering } from '../store/answering.ts'
import { answerMs, CheckedPool } from '../store/client.ts'
import { type Loop, type LoopLog, startLoop } from './loop.ts'

/**
 * Looks every second whether the database takes somebody new, and lets everything be recorded: connections that were open before do
 * not show it. Where it ends, the pools of all threads hear of it by this.
 */
export const watchDatabase = ({ url, log }: { url: string; log: LoopLog }): Loop => {
  const pool = new CheckedPool({
    connectionString: url,
    max: 1,
    // A connection of its own for each look.
    maxUses: 1,
    application_name: 'countersign-watch',
    statement_timeout: answerMs,
  })
  return startLoop({
    name: 'database',
    everyMs: 1_000,
    retry: { firstMs: 250, longestMs: 1_000 },
    pass: () => requireAnswering(pool),
    end: () => pool.end(),
    log,
  })
}
