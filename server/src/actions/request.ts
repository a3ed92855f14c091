import { type ActionRequest, type AttemptAction, RequestAction } from '@countersign/contract/action-requests.ts'
import { actions, isExtension } from '@countersign/contract/actions.ts'
import { roles } from '@countersign/contract/staff.ts'
import { z } from 'zod'
import { deny, isMiss, miss } from '../access/deny.ts'
import { parse } from '../access/parse.ts'
import { actorOf } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { Refusal } from '../errors.ts'
import { explain } from '../policy/explain.ts'
import { consumeBoundSignature } from './bind.ts'
import { hashAttempt } from './canonical.ts'
import { aboutOf, missedAttempt, refusedAttempt } from './events.ts'
import { isClaimed } from './execute.ts'
import { insertRequest } from './insert.ts'
import { attemptOf, gatesUnmet, parseGiven, requireForm, unmetOf } from './judge.ts'
import type { ActionCtx, JudgeCtx } from './needs.ts'
import { perform } from './perform.ts'
import { getRequest } from './row.ts'
import { findOwnSession } from './standing.ts'
import { type Found, requireTarget } from './target.ts'

export const IdempotencyKey = z.string().regex(/^[\x21-\x7e]{8,200}$/, 'needs 8 to 200 printable characters without spaces')

type Raw = { body: unknown; idempotency_key: unknown }

/** The same call sent again: the request that it made, unless it was another call with the same key. */
const findEarlier = async (ctx: ActionCtx, input: AttemptAction, key: string): Promise<ActionRequest | undefined> => {
  const row = await ctx.store.db
    .selectFrom('action_requests')
    .select(['id', 'action', 'target_kind', 'target_id', 'reason', 'ticket', 'parameters'])
    .where('requester_id', '=', ctx.principal.id)
    .where('idempotency_key', '=', key)
    .executeTakeFirst()
  if (!row) return undefined
  const { reason, ticket } = parseGiven(input)
  const before = hashAttempt(ctx.principal.id, {
    action: row.action as AttemptAction['action'],
    target: { kind: row.target_kind as 'user', id: row.target_id },
    reason: row.reason,
    ticket: row.ticket ?? undefined,
    parameters: row.parameters as AttemptAction['parameters'],
  })
  if (!before.equals(hashAttempt(ctx.principal.id, { ...input, reason: reason ?? '', ticket }))) throw new Refusal('idempotency_conflict')
  return getRequest(ctx.store.db, row.id)
}

const findOnRecord = async (ctx: JudgeCtx, input: AttemptAction): Promise<Found> => {
  try {
    return await requireTarget(ctx, input.target)
  } catch (error) {
    throw isMiss(error) ? miss(missedAttempt(ctx, input), error) : error
  }
}

type Written = { id: string; isPending: boolean }

/**
 * Judges the attempt and writes it down: pending where it waits for an approval, else with the intent of what follows. Undefined where
 * the same call was written down meanwhile.
 */
const decideOn = async (ctx: ActionCtx, input: RequestAction, found: Found, key: string): Promise<Written | undefined> => {
  const given = parseGiven(input)
  const act_hash = hashAttempt(ctx.principal.id, input)
  return transact(ctx, async (tx): Promise<Written | undefined> => {
    const isBound = input.step_up !== undefined && (await consumeBoundSignature(tx, ctx, input.step_up, act_hash))
    const attempt = await attemptOf(tx, ctx, input, found, { ...given, isBound })
    const unmet = unmetOf(ctx, attempt)
    const { requires } = explain(ctx.policy, attempt)
    const isPending = input.ask_approval && unmet.length > 0 && unmet.every(({ gate }) => gate === 'approval')
    if (unmet.length > 0 && !isPending) throw gatesUnmet(unmet)
    const session_id = await findOwnSession(tx, ctx.principal.id, found.tenant_id)
    const id = await insertRequest(tx, ctx, {
      input,
      found,
      reason: given.reason ?? '',
      ticket: given.ticket,
      session_id,
      idempotency_key: key,
      state: isPending ? 'pending' : 'executing',
      requires,
    })
    if (id === undefined) return undefined
    await ctx.journal.record(tx, {
      action: isPending ? actions[input.action].events.requested : 'ACTION.STARTED',
      result: 'ok',
      actor: actorOf(ctx.principal),
      ...aboutOf(input.target, { ...found, session_id: session_id ?? null, ...given }),
      details: { action: input.action, request_id: id, policy: ctx.policy.hash },
    })
    return { id, isPending }
  })
}

/**
 * An attempt at an action (A2). Gates that are not met refuse it, on the record and without effect; where an approval alone is missing it
 * can be asked for. Everything else is done now: the intent is durable first, then the product is asked, once.
 */
export const requestAction = verb({
  name: 'request an action',
  // A role that is missing is a gate like the others: named among the unmet ones, and on the tenant's record.
  may: roles,
  parse: ({ body, idempotency_key }: Raw) => ({
    input: parse(RequestAction, body),
    key: parse(z.object({ 'idempotency-key': IdempotencyKey }), { 'idempotency-key': idempotency_key })['idempotency-key'],
  }),
  async run(ctx: ActionCtx, { input, key }): Promise<ActionRequest> {
    if (isClaimed(input.action) || isExtension(input.action)) {
      const where = isExtension(input.action) ? 'POST /api/sessions/{session_id}/extension' : 'POST /api/sessions'
      throw new Refusal('invalid_request', { errors: [{ path: '/action', message: `is done by ${where}` }] })
    }
    requireForm(input)
    const found = await findOnRecord(ctx, input)
    try {
      const earlier = await findEarlier(ctx, input, key)
      if (earlier) return earlier
      const written = await decideOn(ctx, input, found, key)
      if (written && !written.isPending) await perform(ctx, written.id)
      const request = await (written ? getRequest(ctx.store.db, written.id) : findEarlier(ctx, input, key))
      if (!request) throw new Error('a request that was inserted is not there')
      return request
    } catch (error) {
      if (!(error instanceof Refusal) || error.status >= 500) throw error
      throw deny(error, await refusedAttempt(ctx, input, found))
    }
  },
})
