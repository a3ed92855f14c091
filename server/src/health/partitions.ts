import { sql } from 'kysely'
import { newElected } from '../run/elected.ts'
import { type Loop, type LoopLog, startLoop } from '../run/loop.ts'
import type { Store } from '../store/open.ts'

/** Makes the partitions that signals need now and soon, and drops those whose time is over. Answers how many it dropped. */
export const keepPartitions = async ({ db }: Pick<Store, 'db'>): Promise<number> => {
  const { rows } = await sql<{ dropped: number }>`select keep_health_partitions() as dropped, keep_signal_points()`.execute(db)
  return rows[0]?.dropped ?? 0
}

/** How long changes of health are kept. */
export const historyDays = 90

/** Forgets changes of health that are older than they are kept. */
export const forgetHistory = async ({ db }: Pick<Store, 'db'>): Promise<void> => {
  await sql`delete from health_history where at < clock_timestamp() - make_interval(days => ${historyDays})`.execute(db)
}

/** Keeps the partitions of signals, and what is kept of health, by one process at a time. Partitions are made hours before they are needed. */
export const startKeeping = ({ store, log }: { store: Store; log: LoopLog }): Loop => {
  const elected = newElected({ store, name: 'health partitions', seconds: 120 })
  return startLoop({
    name: 'health partitions',
    everyMs: 300_000,
    retry: { firstMs: 5_000, longestMs: 60_000 },
    pass: async () => {
      await elected.lead(async () => {
        await keepPartitions(store)
        await forgetHistory(store)
      })
    },
    end: elected.release,
    log,
  })
}
