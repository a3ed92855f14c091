import type { EventFilters, LoggedEvent } from '@countersign/contract/events.ts'
import type { Store } from '../store/open.ts'
import { discloseAll } from './disclose.ts'
import { matchingEvents } from './filter.ts'
import { waitForSequenced } from './sequenced.ts'
import { readLogSize } from './tree-reader.ts'

const batch = 200
/** Another replica may be the one that sequences: we look ourselves at least this often. */
const pollMilliseconds = 1000

/**
 * Events that match, in the order of the log, each exactly once, from the one after `afterIndex` on, without end until the
 * signal fires (X10). Entries are committed in order, so what is below the size that was read is complete; nothing is read
 * ahead of whoever iterates.
 */
export const tailEvents = async function* (
  store: Pick<Store, 'db' | 'pool'>,
  filters: EventFilters,
  afterIndex: number,
  signal: AbortSignal,
  how: { proof?: boolean | undefined } = {},
): AsyncGenerator<LoggedEvent, void, undefined> {
  let after = afterIndex
  while (!signal.aborted) {
    const size = await readLogSize(store)
    if (size - 1 <= after) {
      await waitForSequenced(store, pollMilliseconds, signal)
      continue
    }
    const { query } = await matchingEvents(store.db, filters)
    const rows = await query
      .where('entry.log_index', '>', String(after))
      .where('entry.log_index', '<', String(size))
      .orderBy('entry.log_index')
      .limit(batch)
      .execute()
    for (const event of await discloseAll(store.db, rows, how)) {
      if (signal.aborted) return
      yield event
    }
    const last = rows.at(-1)
    after = rows.length === batch && last ? Number(last.log_index) : size - 1
  }
}
