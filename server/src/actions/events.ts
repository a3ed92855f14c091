import type { AttemptAction } from '@countersign/contract/action-requests.ts'
import { actions } from '@countersign/contract/actions.ts'
import { Reason, Ticket } from '@countersign/contract/text.ts'
import type { Attempt } from '../access/deny.ts'
import { actorOf } from '../access/principal.ts'
import type { JudgeCtx } from './needs.ts'
import { findOwnSession } from './standing.ts'
import type { Found } from './target.ts'

/** What every event of an action says: whom it is about, which ticket it is for, in which of the requester's sessions it was done. */
export const aboutOf = (
  { kind, id }: AttemptAction['target'],
  {
    label,
    tenant_id,
    session_id,
    ticket,
    reason,
  }: { label: string; tenant_id: string; session_id?: string | null; ticket?: string | null; reason?: string },
) => ({
  tenant_id,
  target: { kind, id, label },
  ...(session_id == null ? {} : { session_id }),
  ...(ticket == null ? {} : { ticket }),
  ...(reason === undefined ? {} : { reason }),
})

/** Where what was typed is no reason or no ticket, it is kept out of the record. */
const givenOf = (input: AttemptAction) => {
  const [reason, ticket] = [Reason.safeParse(input.reason), Ticket.safeParse(input.ticket)]
  return { ...(reason.success ? { reason: reason.data } : {}), ...(ticket.success ? { ticket: ticket.data } : {}) }
}

/** An attempt on what there is not: on nobody's record but ours. */
export const missedAttempt = ({ principal, policy }: JudgeCtx, input: AttemptAction): Attempt =>
  ({
    action: actions[input.action].events.attempt,
    actor: actorOf(principal),
    target: input.target,
    ...givenOf(input),
    details: { action: input.action, policy: policy.hash },
  }) as Attempt

/** An attempt that is refused, as its event names it (A26, A39). */
export const refusedAttempt = async (ctx: JudgeCtx, input: AttemptAction, found: Found): Promise<Attempt> => {
  const session_id = (await findOwnSession(ctx.store.db, ctx.principal.id, found.tenant_id)) ?? null
  return {
    action: actions[input.action].events.attempt,
    actor: actorOf(ctx.principal),
    ...aboutOf(input.target, { ...found, session_id, ...givenOf(input) }),
    details: { action: input.action, policy: ctx.policy.hash },
  } as Attempt
}
