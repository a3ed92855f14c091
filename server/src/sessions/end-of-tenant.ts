import { type Kysely, sql } from 'kysely'
import type { Journal } from '../audit/record.ts'
import type { Tables } from '../store/tables.ts'
import { endSessions } from './end.ts'
import { sqlActive } from './standing.ts'

const reason = 'The tenant was deleted in the directory, or its id was given to another one.'

/** Revokes the sessions of tenants that are gone, in the transaction that notes it: those that still run, by the database's clock. */
export const endSessionsOf = async (tx: Kysely<Tables>, journal: Journal, tenantIds: readonly string[]): Promise<void> => {
  if (tenantIds.length === 0) return
  const which = sql<boolean>`s.tenant_id = any(${tenantIds}::text[]) and ${sqlActive}`
  await endSessions(tx, journal, { which, kind: 'tenant_gone', by: { kind: 'system', id: 'directory' }, reason })
}
