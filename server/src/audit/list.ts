import { only } from '@countersign/contract/choice.ts'
import type { EventFilters, EventPage, Order } from '@countersign/contract/events.ts'
import type { Kysely } from 'kysely'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { asReader, asTenant } from './as-tenant.ts'
import { type Page, pageOfRows, parseCursor } from './cursor.ts'
import { discloseAll } from './disclose.ts'
import { type Matching, matching, type Span } from './matching.ts'

/** `after` leaves out what stands up to there in the log, `proof` asks for the disclosures too. */
type EventsPage = Page & { after?: number | undefined; order?: Order; proof?: boolean | undefined }

const spanOf = ({ cursor, after, order }: EventsPage): Span => {
  if (cursor === undefined) return { after }
  return order === 'asc' ? { after: parseCursor(cursor) } : { after, before: parseCursor(cursor) }
}

type Reading = <T>(read: (tx: Kysely<Tables>) => Promise<T>) => Promise<T>

const readPage = async (asked: Matching, page: EventsPage, reading: Reading): Promise<EventPage> => {
  const { order = 'desc', limit, proof } = page
  const read = await asked.find({ ...spanOf(page), order, limit: limit + 1 })
  return await reading(async (tx) => pageOfRows(await discloseAll(tx, await read(tx), { proof }), limit))
}

/** Events in the log, newest first where nothing else is asked for, for staff who may read all of it. */
export const listEvents = async (store: Pick<Store, 'db'>, filters: EventFilters, page: EventsPage): Promise<EventPage> =>
  await readPage(await matching(store.db, filters), page, (read) => asReader(store, read))

/** What concerns one tenant. Kept apart twice: the query asks for that tenant alone, and it runs in a role that sees nothing else. */
export const ofTenant = (tenantId: string, filters: Omit<EventFilters, 'tenant_id'>): EventFilters => ({
  ...filters,
  tenant_id: only(tenantId),
})

export const listTenantEvents = async (
  store: Pick<Store, 'db'>,
  tenantId: string,
  filters: Omit<EventFilters, 'tenant_id'>,
  page: EventsPage,
): Promise<EventPage> =>
  await readPage(await matching(store.db, ofTenant(tenantId, filters)), page, (read) => asTenant(store, tenantId, read))
