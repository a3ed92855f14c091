import type { Kysely } from 'kysely'
import type { Tables } from '../database/tables.ts'
import type { Caller } from './caller.ts'

/** What happened in a tenant, written with what it describes. */
export async function writeActivity(tx: Kysely<Tables>, caller: Caller, action: string, subject: string): Promise<void> {
  await tx.insertInto('activity').values({ tenant_id: caller.tenantId, actor: caller.actor, action, subject, at: new Date() }).execute()
}
