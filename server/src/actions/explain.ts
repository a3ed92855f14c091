import { type ActionTable, ExplainAction, ListActions } from '@countersign/contract/action-requests.ts'
import { type ActionName, actionNames, actions, type Explanation, isExtension } from '@countersign/contract/actions.ts'
import { actionRoles } from '@countersign/contract/staff.ts'
import { parse } from '../access/parse.ts'
import { verb } from '../access/verb.ts'
import { explain } from '../policy/explain.ts'
import { attemptOf, parseGiven, requireForm } from './judge.ts'
import type { ActionCtx, JudgeCtx } from './needs.ts'
import { type Found, requireTarget } from './target.ts'

/** The dry run: what an attempt requires of this person, met or not (M1). Nothing is done and nothing recorded. */
export const explainAction = verb({
  name: 'explain an action',
  may: actionRoles,
  parse: (raw: unknown) => parse(ExplainAction, raw),
  async run(ctx: JudgeCtx, input): Promise<Explanation> {
    requireForm(input)
    const found = await requireTarget(ctx, input.target)
    return explain(ctx.policy, await attemptOf(ctx.store.db, ctx, input, found, parseGiven(input)))
  },
})

/** Whether the product can do it, as its connector says; null where it cannot be asked now. */
const supportedActs = async ({ connector, log }: ActionCtx): Promise<readonly string[] | null> => {
  try {
    return await connector.acts()
  } catch (error) {
    log.warn({ err: error }, 'the product does not say which acts it can do')
    return null
  }
}

const rowOf = async (ctx: ActionCtx, action: ActionName, found: Found, acts: readonly string[] | null) => {
  const { effect, act } = actions[action]
  const input = { action, target: { kind: found.target.kind, id: found.target.id }, parameters: {} }
  const { risk, requires, requirements } = explain(ctx.policy, await attemptOf(ctx.store.db, ctx, input, found, {}))
  return {
    action,
    effect,
    risk,
    requires,
    requirements,
    supported: act === null ? true : (acts?.includes(act) ?? null),
    off: ctx.policy.table[action].off,
    allowed_roles: requirements.every(({ gate, met }) => gate !== 'role' || met),
  }
}

/** Every action on a target, with what each requires of this person, nothing given (A24, A25). Sessions are extended where they are. */
export const listActions = verb({
  name: 'list actions',
  may: actionRoles,
  parse: (raw: unknown) => parse(ListActions, raw),
  async run(ctx: ActionCtx, { kind, id }): Promise<ActionTable> {
    const [found, acts] = await Promise.all([requireTarget(ctx, { kind, id }), supportedActs(ctx)])
    const names = actionNames.filter((name) => actions[name].target === kind && !isExtension(name))
    return {
      items: await Promise.all(names.map((name) => rowOf(ctx, name, found, acts))),
      step_up: ctx.policy.stepUp,
      signature: ctx.config.approvals.signature,
    }
  },
})
