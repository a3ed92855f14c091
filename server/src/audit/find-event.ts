import type { LoggedEvent } from '@countersign/contract/events.ts'
import type { Kysely } from 'kysely'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { asTenant } from './as-tenant.ts'
import { discloseAll } from './disclose.ts'

type Options = { proof?: boolean | undefined }

const find = async (db: Kysely<Tables>, id: string, tenantId: string | undefined, options: Options): Promise<LoggedEvent | undefined> => {
  const query = db
    .selectFrom('log_entries as entry')
    .innerJoin('events as event', 'event.n', 'entry.event_n')
    .select(['entry.log_index', 'event.body'])
    .where('entry.event_id', '=', id)
  const row = await (tenantId === undefined ? query : query.where('entry.tenant_id', '=', tenantId)).executeTakeFirst()
  return row && (await discloseAll(db, [row], options))[0]
}

/** An event in the log, for staff who may read all of it. */
export const findEvent = async ({ db }: Pick<Store, 'db'>, id: string, options: Options = {}): Promise<LoggedEvent | undefined> =>
  await find(db, id, undefined, options)

/** An event that concerns this tenant; another one's is as if it were not there. */
export const findTenantEvent = async (
  store: Pick<Store, 'db'>,
  tenantId: string,
  id: string,
  options: Options = {},
): Promise<LoggedEvent | undefined> => await asTenant(store, tenantId, (tx) => find(tx, id, tenantId, options))
