import { type Kysely, sql } from 'kysely'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'

/** Reads in the role to which row security shows what concerns this tenant and nothing else. */
export const asTenant = async <T>(store: Pick<Store, 'db'>, tenantId: string, read: (tx: Kysely<Tables>) => Promise<T>): Promise<T> =>
  await transaction(store, async (tx) => {
    await sql`set local role countersign_tenant`.execute(tx)
    await sql`select set_config('countersign.tenant_id', ${tenantId}, true)`.execute(tx)
    return await read(tx)
  })
