import { type Kysely, sql } from 'kysely'
import type { Journal } from '../audit/record.ts'
import type { Tables } from '../store/tables.ts'
import { committedTo, type Digests } from './digests.ts'
import { endedTarget, revokedName } from './event-names.ts'
import { lockSession } from './order.ts'
import { sqlJudged, sqlStatus } from './standing.ts'

const reason = 'The tenant was deleted in the directory, or its id was given to another one.'

type Running = { id: string; tenant_id: string; target_user_id: string | null; digests: Digests }

/** Revokes the sessions of tenants that are gone, in the transaction that notes it: those that still run, by the database's clock. */
export const endSessionsOf = async (tx: Kysely<Tables>, journal: Journal, tenantIds: readonly string[]): Promise<void> => {
  if (tenantIds.length === 0) return
  const { rows: running } = await sql<Running>`
    select s.id, s.tenant_id, s.target_user_id, s.digests from ${sqlJudged}
    where s.tenant_id = any(${tenantIds}::text[]) and ${sqlStatus} = 'ACTIVE'
    order by s.id`.execute(tx)
  if (running.length === 0) return
  for (const { id } of running) await lockSession(tx, id)
  const drafts = running.map(({ id, tenant_id, target_user_id, digests }) => ({
    session_id: id,
    ...journal.draft({
      action: revokedName({ target_user_id }, 'system'),
      result: 'ok',
      actor: { kind: 'system', id: 'directory' },
      tenant_id,
      target: endedTarget({ id, target_user_id }),
      session_id: id,
      ticket: committedTo(digests, 'ticket'),
      reason,
      details: { revoked_by: 'system' },
    }),
  }))
  const { rows } = await sql<{ id: string }>`
    insert into session_revocations (session_id, revoked_by_kind, revoked_by, event_id, reason_digest)
    select s.id, 'system', 'directory', d.event_id, d.reason_digest from ${sqlJudged}
    join unnest(${drafts.map((draft) => draft.session_id)}::text[], ${drafts.map((draft) => draft.id)}::text[],
      ${drafts.map((draft) => draft.digests.reason)}::text[]) as d (session_id, event_id, reason_digest) on d.session_id = s.id
    where ${sqlStatus} = 'ACTIVE'
    on conflict (session_id) do nothing
    returning session_id as id`.execute(tx)
  const ended = new Set(rows.map(({ id }) => id))
  await journal.write(
    tx,
    drafts.filter(({ session_id }) => ended.has(session_id)),
  )
}
