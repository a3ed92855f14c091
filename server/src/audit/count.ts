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

const countExactly = async (db: Kysely<Tables>, asked: Matching, size: number): Promise<EventCount> => {
  let count = 0
  for (let after = -1; after < size - 1; after += atOnce) {
    count += await asked.count(db, { after, before: Math.min(size, after + atOnce + 1) })
  }
  return { count, is_exact: true, size }
}

/** How many events of a log of this size match: about, unless they are few or it is to be exact. */
const countMatching = async (db: Kysely<Tables>, asked: Matching, size: number, exact: boolean): Promise<EventCount> => {
  if (exact) return await countExactly(db, asked, size)
  const few = await asked.count(db, { before: size }, countedMaximum + 1)
  if (few <= countedMaximum) return { count: few, is_exact: true, size }
  const step = Math.max(1, Math.floor(size / sampled))
  return { count: Math.max(countedMaximum, round((await asked.sample(db, size, step)) * step)), is_exact: false, size }
}

export const countEvents = async (store: Pick<Store, 'db'>, filters: EventFilters, exact: boolean): Promise<EventCount> => {
  const size = await readLogSize(store)
  if (Object.values(filters).every((value) => value === undefined)) return { count: size, is_exact: true, size }
  const asked = await matching(store.db, filters)
  return await asReader(store, (tx) => countMatching(tx, asked, size, exact))
}

export const countTenantEvents = async (
  store: Pick<Store, 'db'>,
  tenantId: string,
  filters: Omit<EventFilters, 'tenant_id'>,
  exact: boolean,
): Promise<EventCount> => {
  const size = await readLogSize(store)
  const asked = await matching(store.db, ofTenant(tenantId, filters))
  return await asTenant(store, tenantId, (tx) => countMatching(tx, asked, size, exact))
}
