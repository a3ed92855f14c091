import type { EventFilters, EventPage } from '@countersign/contract/events.ts'
import type { Kysely } from 'kysely'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { asTenant } from './as-tenant.ts'
import { type Page, pageOfRows, parseCursor } from './cursor.ts'
import { discloseAll } from './disclose.ts'
import { matchingEvents } from './filter.ts'

/** `proof` asks for the disclosures too. */
type EventsPage = Page & { proof?: boolean | undefined }

const readPage = async (db: Kysely<Tables>, filters: EventFilters, { cursor, limit, proof }: EventsPage): Promise<EventPage> => {
  const before = cursor === undefined ? undefined : parseCursor(cursor)
  const { query } = await matchingEvents(db, filters)
  const newest = query.orderBy('entry.log_index', 'desc').limit(limit + 1)
  const rows = await (before === undefined ? newest : newest.where('entry.log_index', '<', String(before))).execute()
  return pageOfRows(await discloseAll(db, rows, { proof }), limit)
}

/** Events in the log, newest first, for staff who may read all of it. */
export const listEvents = async (store: Pick<Store, 'db'>, filters: EventFilters, page: EventsPage): Promise<EventPage> =>
  await readPage(store.db, filters, page)

/**
 * Events that concern one tenant, newest first. Kept apart twice: the query asks for that tenant alone, and it runs in a role
 * to which row security shows nothing else.
 */
export const listTenantEvents = async (
  store: Pick<Store, 'db'>,
  tenantId: string,
  filters: Omit<EventFilters, 'tenant_id'>,
  page: EventsPage,
): Promise<EventPage> => await asTenant(store, tenantId, (tx) => readPage(tx, { ...filters, tenant_id: tenantId }, page))
