import type { Actor, NewEvent } from '@countersign/contract/events.ts'
import type { Revoker } from '@countersign/contract/sessions.ts'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Journal } from '../audit/record.ts'
import type { Tables } from '../store/tables.ts'
import { committedTo, type Digests } from './digests.ts'
import { endedTarget, revokedName } from './event-names.ts'
import { lockSession } from './order.ts'
import { sqlJudged } from './standing.ts'

type Running = { id: string; tenant_id: string; target_user_id: string | null; digests: Digests }

type Which = {
  /** Said of a judged session: see standing.ts. */
  which: RawBuilder<boolean>
  /** What ends them. */
  kind: Revoker
  /** Who: the part of the program, where it is not a person. */
  by: Actor
  reason: string
}

/** Revokes sessions, in the transaction that notes why; answers which. What was revoked meanwhile stays as it is. */
export const endSessions = async (tx: Kysely<Tables>, journal: Journal, { which, kind, by, reason }: Which): Promise<string[]> => {
  const { rows: running } = await sql<Running>`
    select s.id, s.tenant_id, s.target_user_id, s.digests from ${sqlJudged} where ${which} order by s.id`.execute(tx)
  if (running.length === 0) return []
  for (const { id } of running) await lockSession(tx, id)
  const drafts = running.map(({ id, tenant_id, target_user_id, digests }) => ({
    session_id: id,
    // Events of these names all have the same members.
    ...journal.draft({
      action: revokedName({ target_user_id }, kind),
      result: 'ok',
      actor: by,
      tenant_id,
      target: endedTarget({ id, target_user_id }),
      session_id: id,
      ticket: committedTo(digests, 'ticket'),
      reason,
      details: { revoked_by: kind },
    } as NewEvent),
  }))
  const { rows } = await sql<{ id: string }>`
    insert into session_revocations (session_id, revoked_by_kind, revoked_by, event_id, reason_digest)
    select s.id, ${kind}, ${by.id}, d.event_id, d.reason_digest from ${sqlJudged}
    join unnest(${drafts.map((draft) => draft.session_id)}::text[], ${drafts.map((draft) => draft.id)}::text[],
      ${drafts.map((draft) => draft.digests.reason)}::text[]) as d (session_id, event_id, reason_digest) on d.session_id = s.id
    where ${which}
    on conflict (session_id) do nothing
    returning session_id as id`.execute(tx)
  const ended = new Set(rows.map(({ id }) => id))
  await journal.write(
    tx,
    drafts.filter(({ session_id }) => ended.has(session_id)),
  )
  return [...ended]
}
