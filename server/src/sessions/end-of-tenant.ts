import { type Kysely, sql } from 'kysely'
import type { Journal } from '../audit/record.ts'
import type { Tables } from '../store/tables.ts'
import { endedTarget, revokedName } from './event-names.ts'
import { lockSession } from './order.ts'
import { sqlJudged, sqlStatus } from './standing.ts'

const reason = 'The tenant was deleted in the directory, or its id was given to another one.'

type Running = { id: string; tenant_id: string; target_user_id: string | null; ticket: string | null }

/** Revokes the sessions of tenants that are gone, in the transaction that notes it: those that still run, by the database's clock. */
export const endSessionsOf = async (tx: Kysely<Tables>, journal: Journal, tenantIds: readonly string[]): Promise<void> => {
  if (tenantIds.length === 0) return
  const { rows: running } = await sql<Running>`
    select s.id, s.tenant_id, s.target_user_id, s.ticket from ${sqlJudged}
    where s.tenant_id = any(${tenantIds}::text[]) and ${sqlStatus} = 'ACTIVE'
    order by s.id`.execute(tx)
  if (running.length === 0) return
  for (const { id } of running) await lockSession(tx, id)
  const { rows } = await sql<{ id: string }>`
    insert into session_revocations (session_id, revoked_by_kind, revoked_by, reason)
    select s.id, 'system', 'directory', ${reason} from ${sqlJudged}
    where s.id = any(${running.map(({ id }) => id)}::text[]) and ${sqlStatus} = 'ACTIVE'
    on conflict (session_id) do nothing
    returning session_id as id`.execute(tx)
  const ended = new Set(rows.map(({ id }) => id))
  await journal.recordAll(
    tx,
    running
      .filter(({ id }) => ended.has(id))
      .map(({ id, tenant_id, target_user_id, ticket }) => ({
        action: revokedName({ target_user_id }, 'system'),
        result: 'ok',
        actor: { kind: 'system', id: 'directory' },
        tenant_id,
        target: endedTarget({ id, target_user_id }),
        session_id: id,
        ...(ticket === null ? {} : { ticket }),
        reason,
        details: { revoked_by: 'system' },
      })),
  )
}
