import type { LoggedEvent } from '@countersign/contract/events.ts'
import { leafOf } from '@countersign/log/entry.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import type { Kysely } from 'kysely'
import { asReader, asTenant } from '../audit/as-tenant.ts'
import { discloseAll } from '../audit/disclose.ts'
import { ofTenant } from '../audit/list.ts'
import { matching } from '../audit/matching.ts'
import { readLogSize } from '../audit/tree-reader.ts'
import type { Destination } from '../destinations.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import type { FeedRecord } from './formats/record.ts'
import { filterOf } from './write.ts'

/** Entries of the log that a destination wants, from a place on; `next` is where it goes on after them. */
export type Batch = { records: FeedRecord[]; next: number }

type Needs = { store: Pick<Store, 'db'>; origin: string }

/** An event with the leaf that its bytes are the preimage of. */
export const recordOf = (event: LoggedEvent, body: string, origin: string): FeedRecord => ({
  event,
  leaf: Buffer.from(leafOf(sha256, body)).toString('hex'),
  origin,
})

/** Entries are committed in order, so what is below the size that was read first is complete. A customer's own are read in its role. */
export const readBatch = async ({ store, origin }: Needs, destination: Destination, from: number, limit: number): Promise<Batch> => {
  const size = await readLogSize(store)
  if (from >= size) return { records: [], next: from }
  const { tenant_id } = destination
  const filter = filterOf(destination)
  const { find } = await matching(store.db, tenant_id === undefined ? filter : ofTenant(tenant_id, filter))
  const readRows = await find({ after: from - 1, before: size, order: 'asc', limit })
  const read = async (tx: Kysely<Tables>) => {
    const rows = await readRows(tx)
    return { rows, events: await discloseAll(tx, rows) }
  }
  const { rows, events } = await (tenant_id === undefined ? asReader(store, read) : asTenant(store, tenant_id, read))
  const records = events.map((event, at) => recordOf(event, rows[at]?.body as string, origin))
  const last = rows.at(-1)
  return { records, next: rows.length === limit && last ? Number(last.log_index) + 1 : size }
}
