import type { ActionState } from '@countersign/contract/action-requests.ts'
import { actions, type ProductAction } from '@countersign/contract/actions.ts'
import type { NewEventOf } from '@countersign/contract/events.ts'
import { sql, type Transaction } from 'kysely'
import type { Base } from '../access/ctx.ts'
import type { Tables } from '../store/tables.ts'
import { aboutOf } from './events.ts'

/** What came of an intent. */
export type Outcome =
  | { state: 'done'; count: number | null }
  | { state: 'failed'; note: string }
  /** `given_up`: nobody asks any more. */
  | { state: 'unknown'; note: string; given_up?: true }

type Row = {
  before: ActionState
  action: ProductAction
  target_kind: 'user' | 'tenant'
  target_id: string
  target_label: string
  tenant_id: string
  reason: string
  ticket: string | null
  session_id: string | null
  policy: string
  staff_id: string
  issuer: string
  subject: string
  email: string
  name: string
}

/** First look at what came of it, and how the pause grows. */
const firstLook = sql`interval '5 seconds'`

/** Only what still waits for an outcome gets one: whoever comes second changes nothing and records nothing. */
const claim = async (tx: Transaction<Tables>, id: string, outcome: Outcome): Promise<Row | undefined> => {
  const isGivenUp = outcome.state === 'unknown' && outcome.given_up === true
  const { rows } = await sql<Row>`
    with before as (select id, state from action_requests where id = ${id} for update),
    settled as (
      update action_requests a
      set state = ${outcome.state}, state_at = clock_timestamp(), count = ${outcome.state === 'done' ? outcome.count : null},
        note = ${outcome.state === 'done' ? null : outcome.note},
        look_at = case when ${outcome.state} = 'unknown' and not ${isGivenUp} then clock_timestamp() + ${firstLook} end
      from before b
      where a.id = b.id and b.state in ('executing', 'unknown') and (b.state <> ${outcome.state} or ${isGivenUp})
      returning a.*, b.state as before
    )
    select a.before, a.action, a.target_kind, a.target_id, a.target_label, a.tenant_id, a.reason, a.ticket, a.session_id, a.policy,
      r.id as staff_id, r.issuer, r.subject, r.email, r.name
    from settled a join staff r on r.id = a.requester_id`.execute(tx)
  return rows[0]
}

/** Puts the outcome on the record, exactly one for each intent; what was unknown is resolved by one more event. */
export const settle = async (tx: Transaction<Tables>, { journal }: Pick<Base, 'journal'>, id: string, outcome: Outcome): Promise<void> => {
  const row = await claim(tx, id, outcome)
  if (!row) return
  const { events } = actions[row.action]
  const isResolution = row.before === 'unknown'
  await journal.record(tx, {
    action: isResolution ? 'ACTION.RESOLVED' : events.done,
    result: outcome.state === 'done' ? 'ok' : 'error',
    actor: { kind: 'staff', id: row.staff_id, issuer: row.issuer, subject: row.subject, email: row.email, name: row.name },
    ...aboutOf({ kind: row.target_kind, id: row.target_id }, { label: row.target_label, ...row }),
    ...(outcome.state === 'done' ? {} : { code: outcome.state === 'unknown' ? 'outcome_unknown' : 'act_failed', note: outcome.note }),
    details: {
      action: row.action,
      request_id: id,
      policy: row.policy,
      ...(outcome.state === 'done' && outcome.count !== null ? { count: outcome.count } : {}),
    },
  } as NewEventOf<'ACTION.RESOLVED'>)
}
