import { type Kysely, sql } from 'kysely'
import type { Store } from '../../store/open.ts'
import type { Tables } from '../../store/tables.ts'
import type { Tally } from './tally.ts'

/** What became of signals, by cause: `accepted`, `unknown`, an error code, or a cause of its own. */
export type Counts = {
  add(cause: string, n?: number): void
  addAll(tally: Tally): void
  /** Writes what was counted since the last time. What a killed process had not written is lost: these are figures to look at. */
  flush(store: Pick<Store, 'db'>): Promise<void>
}

/** Causes are words of ours: they are few. */
export const newCounts = (): Counts => {
  let counted = new Map<string, number>()
  const add = (cause: string, n = 1): void => {
    if (n > 0) counted.set(cause, (counted.get(cause) ?? 0) + n)
  }
  return {
    add,
    addAll: (tally) => {
      for (const [cause, n] of tally) add(cause, n)
    },
    async flush({ db }) {
      if (counted.size === 0) return
      const rows = [...counted].sort(([a], [b]) => (a < b ? -1 : 1))
      counted = new Map()
      try {
        await write(db, rows)
      } catch (error) {
        for (const [cause, n] of rows) add(cause, n)
        throw error
      }
    },
  }
}

const write = async (db: Kysely<Tables>, rows: readonly [string, number][]): Promise<void> => {
  await sql`
    insert into signal_counts as c (hour, cause, n)
    select date_trunc('hour', statement_timestamp()), u.cause, u.n
    from unnest(${rows.map(([cause]) => cause)}::text[], ${rows.map(([, n]) => n)}::bigint[]) as u (cause, n)
    on conflict (hour, cause) do update set n = c.n + excluded.n`.execute(db)
}
