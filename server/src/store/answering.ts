import { sql } from 'kysely'
import { Refusal } from '../errors.ts'
import type { Store } from './open.ts'

/** Throws `store_unavailable` unless the primary answers and takes writes. */
export const requireAnswering = async (store: Pick<Store, 'db'>): Promise<void> => {
  const { rows } = await sql<{
    writable: boolean
  }>`select not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as writable`.execute(store.db)
  if (rows[0]?.writable !== true) throw new Refusal('store_unavailable', { detail: 'The database takes no writes.' })
}
