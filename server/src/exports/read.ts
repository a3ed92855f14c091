import { type Kysely, type SqlBool, sql } from 'kysely'
import { asReader, asTenant } from '../audit/as-tenant.ts'
import { type Revealed, revealAll } from '../audit/disclose.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import type { ExportRow } from './row.ts'

type Owned = Pick<ExportRow, 'owner_kind' | 'owner_id'>

/** Reads what an export holds as whoever asked for it may: a tenant in the role to which row security shows its own alone. */
export const readAs = async <T>(
  store: Pick<Store, 'db'>,
  { owner_kind, owner_id }: Owned,
  read: (db: Kysely<Tables>) => Promise<T>,
): Promise<T> => (owner_kind === 'tenant' ? await asTenant(store, owner_id, read) : await asReader(store, read))

/** Entries by their places in the log, with what lies beside them, in order. Those that are not shown any more are not there. */
export const readEntriesAt = async (store: Pick<Store, 'db'>, owned: Owned, indexes: readonly string[]): Promise<Revealed[]> => {
  if (indexes.length === 0) return []
  return await readAs(store, owned, async (db) => {
    const rows = await db
      .selectFrom('log_entries as entry')
      .innerJoin('events as event', 'event.n', 'entry.event_n')
      .select(['entry.log_index', 'event.body'])
      .where(sql<SqlBool>`entry.log_index = any(${indexes}::bigint[])`)
      .orderBy('entry.log_index')
      .execute()
    return await revealAll(db, rows)
  })
}
