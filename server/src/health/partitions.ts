import { sql } from 'kysely'
import { newElected } from '../run/elected.ts'
import { type Loop, type LoopLog, startLoop } from '../run/loop.ts'
import type { Store } from '../store/open.ts'

/** Makes the partitions that signals need now and soon, and drops those whose time is over. Answers how many it dropped. */
export const keepPartitions = async ({ db }: Pick<Store, 'db'>): Promise<number> => {
  const { rows } = await sql<{ dropped: number }>`select keep_health_partitions() as dropped, keep_signal_points()`.execute(db)
  return rows[0]?.dropped ?? 0
}

/** Keeps the partitions of signals, by one process at a time. They are made hours before they are needed. */
export const startPartitions = ({ store, log }: { store: Store; log: LoopLog }): Loop => {
  const elected = newElected({ store, name: 'health partitions', seconds: 120 })
  return startLoop({
    name: 'health partitions',
    everyMs: 300_000,
    retry: { firstMs: 5_000, longestMs: 60_000 },
    pass: async () => {
      await elected.lead(async () => void (await keepPartitions(store)))
    },
    end: elected.release,
    log,
  })
}
