import { leafOf } from '@countersign/log/entry.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { discloseAll } from '../audit/disclose.ts'
import { matchingEvents } from '../audit/filter.ts'
import { readLogSize } from '../audit/tree-reader.ts'
import type { Destination } from '../destinations.ts'
import type { Store } from '../store/open.ts'
import type { FeedRecord } from './formats/record.ts'

/** Entries of the log that a destination wants, from a place on; `next` is where it goes on after them. */
export type Batch = { records: FeedRecord[]; next: number }

type Needs = { store: Pick<Store, 'db'>; origin: string }

/** Entries are committed in order, so what is below the size that was read first is complete. */
export const readBatch = async ({ store, origin }: Needs, destination: Destination, from: number, limit: number): Promise<Batch> => {
  const size = await readLogSize(store)
  if (from >= size) return { records: [], next: from }
  const { tenant_id } = destination
  const { query } = await matchingEvents(store.db, { ...destination.filter, ...(tenant_id === undefined ? {} : { tenant_id }) })
  const rows = await query
    .where('entry.log_index', '>=', String(from))
    .where('entry.log_index', '<', String(size))
    .orderBy('entry.log_index')
    .limit(limit)
    .execute()
  const events = await discloseAll(store.db, rows)
  const records = events.map((event, at) => ({
    event,
    leaf: Buffer.from(leafOf(sha256, rows[at]?.body as string)).toString('hex'),
    origin,
  }))
  const last = rows.at(-1)
  return { records, next: rows.length === limit && last ? Number(last.log_index) + 1 : size }
}
