import { actGraceSeconds } from '@countersign/contract/connector.ts'
import { sql, type Transaction } from 'kysely'
import type { Base } from '../access/ctx.ts'
import { transact } from '../access/transact.ts'
import { type Loop, startLoop } from '../run/loop.ts'
import type { Tables } from '../store/tables.ts'
import type { ActionNeeds } from './needs.ts'
import { fromAnswer, readOrder } from './perform.ts'
import { type Outcome, settle } from './settle.ts'

const batch = 20
/** Looks double their pause up to an hour: about two days in all. */
const looksMaximum = 60
const pause = sql`least(interval '1 hour', make_interval(secs => 5 * power(2, least(looks, 12))))`

type Due = { id: string; is_over: boolean; looks: number }

/**
 * Requests whose outcome nobody knows, each for one process at a time: the next look is set before this one. `is_over`: no call can
 * have an effect any more, so what the product has never heard of has not happened and will not.
 */
const takeDue = async (tx: Transaction<Tables>): Promise<Due[]> => {
  const { rows } = await sql<Due>`
    with due as (
      select id from action_requests
      where state in ('executing', 'unknown') and look_at <= clock_timestamp() and looks < ${looksMaximum}
      order by look_at limit ${batch} for update skip locked
    )
    update action_requests a set look_at = clock_timestamp() + ${pause}, looks = looks + 1
    from due where a.id = due.id
    returning a.id, a.looks, clock_timestamp() > a.call_expires_at + make_interval(secs => ${actGraceSeconds}) as is_over`.execute(tx)
  return rows
}

const notPerformed: Outcome = { state: 'failed', note: 'The product never heard of it: nothing was done.' }
const givenUp: Outcome = {
  state: 'unknown',
  note: 'The product could not be asked what came of it, and is not asked any more.',
  given_up: true,
}

const find = async (ctx: Base & ActionNeeds, { id, is_over, looks }: Due): Promise<Outcome | undefined> => {
  try {
    const answer = await ctx.connector.findAct(await readOrder(ctx, id))
    if (answer === undefined) return is_over ? notPerformed : undefined
    if (answer.status !== 'pending') return fromAnswer(answer)
  } catch (error) {
    ctx.log.warn({ err: error, request_id: id }, 'the product does not say what came of an act')
  }
  return looks >= looksMaximum ? givenUp : undefined
}

/**
 * Finds out what came of acts whose answer was lost, by asking the product under the same id. It never repeats one. Returns how many
 * have an outcome now.
 */
export const reconcile = async (ctx: Base & ActionNeeds): Promise<number> => {
  const due = await transact(ctx, takeDue)
  let settled = 0
  for (const each of due) {
    const outcome = await find(ctx, each)
    if (!outcome) continue
    await transact(ctx, (tx) => settle(tx, ctx, each.id, outcome))
    settled += 1
  }
  return settled
}

/** Asks every few seconds until it is stopped. */
export const startReconciling = (ctx: Base & ActionNeeds, { everyMs = 2_000 } = {}): Loop =>
  startLoop({
    name: 'reconciliation',
    everyMs,
    log: ctx.log,
    pass: async () => {
      await reconcile(ctx)
      return undefined
    },
  })
