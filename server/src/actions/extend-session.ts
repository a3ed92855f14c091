import { randomUUID } from 'node:crypto'
import type { ActionRequest, AttemptAction } from '@countersign/contract/action-requests.ts'
import { actions, type ExtensionAction } from '@countersign/contract/actions.ts'
import { ExtendSession, type Session } from '@countersign/contract/sessions.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import type { z } from 'zod'
import type { Attempt } from '../access/deny.ts'
import { parse } from '../access/parse.ts'
import { actorOf, type Principal } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { Refusal } from '../errors.ts'
import { explain } from '../policy/explain.ts'
import { minutesFor } from '../sessions/ceiling.ts'
import { extendedName } from '../sessions/event-names.ts'
import { insertExtended } from '../sessions/extend.ts'
import { aboutSession, type OwnSession, requireOwnSession } from '../sessions/own.ts'
import { selectSessions } from '../sessions/row.ts'
import { consumeBoundSignature } from './bind.ts'
import { hashAttempt } from './canonical.ts'
import { aboutOf } from './events.ts'
import { insertRequest } from './insert.ts'
import { attemptOf, gatesUnmet, unmetOf } from './judge.ts'
import type { JudgeCtx } from './needs.ts'
import { getRequest } from './row.ts'
import { requireTarget } from './target.ts'

type Raw = { session_id: string } & z.input<typeof ExtendSession>
type Input = { session_id: string } & ExtendSession
export type ExtendAnswer = { session: Session } | { request: ActionRequest }

const codes = { reason: 'reason_too_short', minutes: 'extension_too_long' } as const

/** A session on one user is extended by `extend_impersonation`, any other one by `extend_session`. */
const attemptOfExtension = (
  { tenant_id, target_user_id }: Pick<OwnSession, 'tenant_id' | 'target_user_id'>,
  { session_id, minutes, reason, ticket }: Input,
): AttemptAction & { action: ExtensionAction } => ({
  action: target_user_id === null ? 'extend_session' : 'extend_impersonation',
  target: target_user_id === null ? { kind: 'tenant', id: tenant_id } : { kind: 'user', id: target_user_id },
  reason,
  ticket,
  parameters: { session_id, ttl_minutes: minutes },
})

/** A refused attempt on a session that exists is on its record, where its tenant sees it too (A26, A39, X3). */
const findAttempt = async (
  { store, policy, principal }: Omit<JudgeCtx, 'principal'> & { principal: Principal },
  { session_id }: Raw,
): Promise<Attempt | undefined> => {
  const session = await store.db
    .selectFrom('support_sessions')
    .select(['id', 'tenant_id', 'target_user_id', 'digests'])
    .where('id', '=', session_id)
    .executeTakeFirst()
  if (!session) return undefined
  return { action: extendedName(session), actor: actorOf(principal), ...aboutSession(session), details: { policy: policy.hash } }
}

/** Judges the attempt, and extends now or asks for the approval that alone is missing; answers the request then. */
const extendNow = async (ctx: JudgeCtx, input: Input): Promise<string | undefined> => {
  const { principal, journal, policy, config } = ctx
  const session = await requireOwnSession(ctx.store.db, principal, input.session_id)
  const attempted = attemptOfExtension(session, input)
  const found = await requireTarget(ctx, attempted.target)
  const { reason, ticket, step_up, session_id, minutes } = input
  return await transact(ctx, async (tx) => {
    const isBound = step_up !== undefined && (await consumeBoundSignature(tx, ctx, step_up, hashAttempt(principal.id, attempted)))
    const attempt = await attemptOf(tx, ctx, attempted, found, { reason, ticket, isBound })
    const unmet = unmetOf(ctx, attempt)
    if (unmet.length === 0 && reason !== undefined) {
      const most = minutesFor(config, principal.roles, attempted.target.kind)
      await insertExtended(tx, journal, { session_id, minutes, most, actor: actorOf(principal), reason, ticket, policy: policy.hash })
      return undefined
    }
    if (!input.ask_approval || reason === undefined || unmet.some(({ gate }) => gate !== 'approval')) throw gatesUnmet(unmet)
    const id = await insertRequest(tx, ctx, {
      ...{ input: attempted, found, reason, ticket, session_id, idempotency_key: randomUUID() },
      state: 'pending',
      requires: explain(policy, attempt).requires,
    })
    if (id === undefined) throw new Refusal('conflict')
    await journal.record(tx, {
      action: actions[attempted.action].events.requested,
      result: 'ok',
      actor: actorOf(principal),
      ...aboutOf(attempted.target, { ...found, session_id, reason, ticket }),
      details: { action: attempted.action, request_id: id, policy: policy.hash },
    })
    return id
  })
}

/**
 * Lets a session of one's own run longer: a gated action like its opening, never beyond its limit from then on, and only while it may be
 * used. Where an approval is needed, each extension needs one of its own (SE-8).
 */
export const extendSession = verb({
  name: 'extend a session',
  may: consoleRoles,
  named: ({ session_id }: Raw) => ({ session_id }),
  parse: ({ session_id, ...rest }: Raw): Input => ({ session_id, ...parse(ExtendSession, rest, codes) }),
  attempt: findAttempt,
  async run(ctx: JudgeCtx, input): Promise<ExtendAnswer> {
    const asked = await extendNow(ctx, input)
    if (asked !== undefined) {
      const request = await getRequest(ctx.store.db, asked)
      if (!request) throw new Error('a request that was inserted is not there')
      return { request }
    }
    const [found] = await selectSessions(ctx.store.db, sql`s.id = ${input.session_id}`)
    if (!found) throw new Error('a session that was extended is not there')
    return { session: found.session }
  },
})
