import { type Kysely, sql } from 'kysely'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'

type Read<T> = (tx: Kysely<Tables>) => Promise<T>

// An index is read in its order as far as a page needs, whatever the planner expects to find there: a guess of "few" would have it
// gather all of a tenant's events to sort them.
const inOrder = sql.raw(
  ['enable_seqscan', 'enable_bitmapscan', 'enable_sort', 'enable_incremental_sort', 'enable_hashjoin', 'enable_mergejoin']
    .map((name) => `set_config('${name}', 'off', true)`)
    .join(', '),
)

/** Reads the log in its order, by the indexes made for it. */
export const asReader = async <T>(store: Pick<Store, 'db'>, read: Read<T>): Promise<T> =>
  await transaction(store, async (tx) => {
    await sql`select ${inOrder}`.execute(tx)
    return await read(tx)
  })

const roleOf = (tenantId: string) =>
  sql`set_config('role', 'countersign_tenant', true), set_config('countersign.tenant_id', ${tenantId}, true)`

/** For the rest of the transaction the role to which row security shows what concerns this tenant and nothing else. */
export const enterTenantRole = async (tx: Kysely<Tables>, tenantId: string): Promise<void> => {
  await sql`select ${roleOf(tenantId)}`.execute(tx)
}

/** Reads in the role to which row security shows what concerns this tenant and nothing else, whatever the query asks for. */
export const asTenant = async <T>(store: Pick<Store, 'db'>, tenantId: string, read: Read<T>): Promise<T> =>
  await transaction(store, async (tx) => {
    await sql`select ${inOrder}, ${roleOf(tenantId)}`.execute(tx)
    return await read(tx)
  })
