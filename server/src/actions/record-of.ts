import type { AttemptAction } from '@countersign/contract/action-requests.ts'
import type { ActionName, actions } from '@countersign/contract/actions.ts'
import type { Actor, NewEventOf } from '@countersign/contract/events.ts'
import { sql, type Transaction } from 'kysely'
import type { Base } from '../access/ctx.ts'
import type { Tables } from '../store/tables.ts'
import { aboutOf } from './events.ts'

type Row = {
  action: ActionName
  target_kind: 'user' | 'tenant'
  target_id: string
  label: string
  tenant_id: string
  ticket: string | null
  session_id: string | null
  policy: string
  actor: Actor
}

type Decision = (typeof actions)[ActionName]['events']['approved' | 'rejected']
type Said = 'ACTION.STARTED' | 'ACTION.CANCELLED' | 'ACTION.EXPIRED' | 'ACTION.VOIDED' | Decision

type What = {
  action: Said
  result: 'ok' | 'error'
  code?: string
  note?: string
  reason?: string
  /** By default whoever asked. */
  actor?: Actor
  details?: Record<string, unknown>
}

/** Records what became of a request, with all that its events have in common. */
export const recordOf = async (tx: Transaction<Tables>, { journal }: Pick<Base, 'journal'>, id: string, what: What): Promise<void> => {
  const { rows } = await sql<Row>`
    select a.action, a.target_kind, a.target_id, a.target_label as label, a.tenant_id, a.ticket, a.session_id, a.policy,
      json_build_object('kind', 'staff', 'id', r.id, 'issuer', r.issuer, 'subject', r.subject, 'email', r.email, 'name', r.name) as actor
    from action_requests a join staff r on r.id = a.requester_id where a.id = ${id}`.execute(tx)
  const row = rows[0]
  if (!row) throw new Error('a request that an event is about is not there')
  const { actor = row.actor, details, reason, ...said } = what
  const target = { kind: row.target_kind, id: row.target_id } as AttemptAction['target']
  await journal.record(tx, {
    ...said,
    actor,
    ...aboutOf(target, { ...row, ...(reason === undefined ? {} : { reason }) }),
    details: { action: row.action, request_id: id, policy: row.policy, ...details },
  } as NewEventOf<Said>)
}
