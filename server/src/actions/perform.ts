import { type ActionName, actions } from '@countersign/contract/actions.ts'
import { sql } from 'kysely'
import type { Base } from '../access/ctx.ts'
import { transact } from '../access/transact.ts'
import type { ActOrder, ActOutcome, ActResult, Asker } from '../directory/connector.ts'
import { failurePhrases } from '../outbound/failure.ts'
import type { ActionNeeds } from './needs.ts'
import { type Outcome, settle } from './settle.ts'

type Row = {
  action: ActionName
  target_kind: 'user' | 'tenant'
  target_id: string
  parameters: ActOrder['parameters']
  requester: Asker
  approved_by: Asker[]
  call_expires_at: Date
}

/** What the product is asked under the request's id: the same each time. */
export const readOrder = async ({ store }: Pick<Base, 'store'>, id: string): Promise<ActOrder> => {
  const { rows } = await sql<Row>`
    select a.action, a.target_kind, a.target_id, a.parameters, a.call_expires_at, json_build_object('sub', r.id, 'email', r.email) as requester,
      coalesce((select json_agg(json_build_object('sub', s.id, 'email', s.email) order by d.decided_at)
        from action_decisions d join staff s on s.id = d.staff_id where d.request_id = a.id and d.decision = 'approved'), '[]') as approved_by
    from action_requests a join staff r on r.id = a.requester_id where a.id = ${id}`.execute(store.db)
  const row = rows[0]
  if (!row) throw new Error('a request that is carried out is not there')
  const { act } = actions[row.action]
  if (act === null) throw new Error(`${row.action} is not done by the product`)
  return {
    id,
    act,
    target: { kind: row.target_kind, id: row.target_id },
    parameters: row.parameters,
    requested_by: row.requester,
    approved_by: row.approved_by,
    expires_at: row.call_expires_at,
  }
}

const unknown: Outcome = { state: 'unknown', note: 'The product did not say what came of it; it is asked again.' }

/** A final answer of the product's. */
export const fromAnswer = (answer: Exclude<ActOutcome, { status: 'pending' }>): Outcome =>
  answer.status === 'done' ? { state: 'done', count: answer.count } : { state: 'failed', note: answer.message ?? answer.code }

const fromResult = (result: ActResult): Outcome => {
  switch (result.status) {
    case 'done':
    case 'failed':
      return fromAnswer(result)
    case 'refused':
      return { state: 'failed', note: `The product refused it: ${result.message}` }
    case 'not_sent':
      return { state: 'failed', note: `The product was not asked: ${failurePhrases[result.cause.kind]}.` }
    case 'pending':
      return { state: 'unknown', note: 'The product is still at it.' }
    case 'unknown':
      return unknown
  }
}

/**
 * Asks the product to do what is on the record as intended, once, under the request's id. Whatever comes of it is the outcome; where
 * nothing comes, or nothing that can be believed, it is unknown, and `reconcile` finds out.
 */
export const perform = async (ctx: Base & ActionNeeds, id: string): Promise<void> => {
  const order = await readOrder(ctx, id)
  const outcome = fromResult(await ctx.connector.act(order))
  await transact(ctx, (tx) => settle(tx, ctx, id, outcome))
}
