import type { TenantPage } from '@countersign/contract/tenants.ts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../store/tables.ts'
import { readUnreadable } from './unreadable.ts'

/** Whose directory the mirror is, and how its last reading went. */
export const readDirectory = async (db: Kysely<Tables>): Promise<Pick<TenantPage, 'synced_at' | 'directory'>> => {
  const { rows } = await sql<{ synced_at: Date | null; address: string | null; trouble: string | null }>`
    select finished_at as synced_at, address, error as trouble from directory_sync`.execute(db)
  const { synced_at = null, address = null, trouble = null } = rows[0] ?? {}
  return { synced_at: synced_at?.toISOString() ?? null, directory: { address, trouble, unreadable: await readUnreadable(db) } }
}
