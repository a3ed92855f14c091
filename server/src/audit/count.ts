import type { EventCount, EventFilters } from '@countersign/contract/events.ts'
import type { Kysely } from 'kysely'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { asReader, asTenant } from './as-tenant.ts'
import { ofTenant } from './list.ts'
import { type Matching, matching } from './matching.ts'
import { readLogSize } from './tree-reader.ts'

/** Up to here a count costs less than it tells. */
const countedMaximum = 10_000
/** Entries looked at where more match than that. */
const sampled = 10_000
/** Entries counted by one statement, which has two seconds. */
const atOnce = 500_000

/** Two digits say how many there are about. */
const round = (count: number): number => {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(count, 1))) - 1)
  return Math.round(count / unit) * unit
}

type Reading = <T>(read: (tx: Kysely<Tables>) => Promise<T>) => Promise<T>

const countExactly = async (asked: Matching, size: number, reading: Reading): Promise<EventCount> => {
  let count = 0
  for (let after = -1; after < size - 1; after += atOnce) {
    count += await reading(await asked.count({ after, before: Math.min(size, after + atOnce + 1) }))
  }
  return { count, is_exact: true, size }
}

/** How many events of a log of this size match: about, unless they are few or it is to be exact. */
const countMatching = async (asked: Matching, size: number, exact: boolean, reading: Reading): Promise<EventCount> => {
  if (exact) return await countExactly(asked, size, reading)
  const few = await reading(await asked.count({ before: size }, countedMaximum + 1))
  if (few <= countedMaximum) return { count: few, is_exact: true, size }
  const step = Math.max(1, Math.floor(size / sampled))
  const seen = await reading((tx) => asked.sample(tx, size, step))
  return { count: Math.max(countedMaximum, round(seen * step)), is_exact: false, size }
}

export const countEvents = async (store: Pick<Store, 'db'>, filters: EventFilters, exact: boolean): Promise<EventCount> => {
  const size = await readLogSize(store)
  if (Object.values(filters).every((value) => value === undefined)) return { count: size, is_exact: true, size }
  return await countMatching(await matching(store.db, filters), size, exact, (read) => asReader(store, read))
}

export const countTenantEvents = async (
  store: Pick<Store, 'db'>,
  tenantId: string,
  filters: Omit<EventFilters, 'tenant_id'>,
  exact: boolean,
): Promise<EventCount> => {
  const size = await readLogSize(store)
  const asked = await matching(store.db, ofTenant(tenantId, filters))
  return await countMatching(asked, size, exact, (read) => asTenant(store, tenantId, read))
}
