import { sql } from 'kysely'
import { type Loop, type LoopLog, startLoop } from '../../run/loop.ts'
import type { Store } from '../../store/open.ts'
import { keepPartitions } from '../partitions.ts'
import type { Counts } from './counts.ts'
import { feedKnown, forgetUnknown } from './unknown.ts'

const everyMs = 2_000
const sweepEveryMs = 600_000
const sourceDays = 9

/** Forgets what no point belongs to any more. */
const sweep = async (store: Pick<Store, 'db'>): Promise<void> => {
  const { db } = store
  await forgetUnknown(store)
  await sql`
    delete from signal_series s where made_at < clock_timestamp() - interval '1 day'
      and not exists (select from signal_points p where p.series_id = s.id)`.execute(db)
  await sql`delete from signal_sources where heard_at < clock_timestamp() - make_interval(days => ${sourceDays})`.execute(db)
  await sql`delete from signal_counts where hour < clock_timestamp() - interval '2 days'`.execute(db)
}

/**
 * What a process that takes signals does beside: it writes its counts, gives what was kept to tenants that have become known, and
 * forgets what is old. Several may do so at once.
 */
export const startUpkeep = async ({ store, counts, log }: { store: Store; counts: Counts; log: LoopLog }): Promise<Loop> => {
  await keepPartitions(store)
  let sweptMs = performance.now()
  return startLoop({
    name: 'signals',
    everyMs,
    pass: async () => {
      await counts.flush(store)
      const isMore = await feedKnown(store, counts)
      if (performance.now() - sweptMs >= sweepEveryMs) {
        await sweep(store)
        sweptMs = performance.now()
      }
      return isMore ? { nextMs: 0 } : undefined
    },
    end: () => counts.flush(store),
    log,
  })
}
