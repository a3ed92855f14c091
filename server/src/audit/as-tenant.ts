import { type Kysely, sql } from 'kysely'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'

/** Reads in a role to which row security shows what is this tenant's and nothing else, whatever the query asks for. */
export const asTenant = async <T>(store: Pick<Store, 'db'>, tenantId: string, read: (tx: Kysely<Tables>) => Promise<T>): Promise<T> =>
  await transaction(store, async (tx) => {
    await sql`select set_config('role', 'countersign_tenant', true), set_config('countersign.tenant_id', ${tenantId}, true)`.execute(tx)
    return await read(tx)
  })
