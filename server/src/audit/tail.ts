import type { EventFilters, LoggedEvent } from '@countersign/contract/events.ts'
import type { Kysely } from 'kysely'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { asReader, asTenant } from './as-tenant.ts'
import { discloseAll } from './disclose.ts'
import { ofTenant } from './list.ts'
import { matching } from './matching.ts'
import { waitForSequenced } from './sequenced.ts'
import { readLogSize } from './tree-reader.ts'

const batch = 200
/** Another replica may be the one that sequences: we look ourselves at least this often. */
const pollMilliseconds = 1000

/** `tenantId`: for a tenant's own key, which is shown nothing else. */
type How = { proof?: boolean | undefined; tenantId?: string | undefined }

/**
 * Events that match, in the order of the log, each exactly once, from the one after `afterIndex` on, without end until the
 * signal fires (X10). Entries are committed in order, so what is below the size that was read is complete; nothing is read
 * ahead of whoever iterates.
 */
export const tailEvents = async function* (
  store: Pick<Store, 'db' | 'pool'>,
  asked: EventFilters,
  afterIndex: number,
  signal: AbortSignal,
  { tenantId, ...how }: How = {},
): AsyncGenerator<LoggedEvent, void, undefined> {
  const filters = tenantId === undefined ? asked : ofTenant(tenantId, asked)
  const reading = <T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> =>
    tenantId === undefined ? asReader(store, work) : asTenant(store, tenantId, work)
  let after = afterIndex
  while (!signal.aborted) {
    const size = await readLogSize(store)
    if (size - 1 <= after) {
      await waitForSequenced(store, pollMilliseconds, signal)
      continue
    }
    const { find } = await matching(store.db, filters)
    const read = await find({ after, before: size, order: 'asc', limit: batch })
    const events = await reading(async (db) => discloseAll(db, await read(db), how))
    for (const event of events) {
      if (signal.aborted) return
      yield event
    }
    const last = events.at(-1)
    after = events.length === batch && last ? last.log_index : size - 1
  }
}
