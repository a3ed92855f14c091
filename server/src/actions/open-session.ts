import { randomUUID } from 'node:crypto'
import type { ActionRequest, AttemptAction } from '@countersign/contract/action-requests.ts'
import { actions } from '@countersign/contract/actions.ts'
import { TenantId, UserId } from '@countersign/contract/ids.ts'
import { presetReadOnly } from '@countersign/contract/scopes.ts'
import { ClaimSession, OpenSession, type Session } from '@countersign/contract/sessions.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import { z } from 'zod'
import type { Attempt } from '../access/deny.ts'
import { parse } from '../access/parse.ts'
import { actorOf, type Principal } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { Refusal } from '../errors.ts'
import { freshSeconds } from '../identity/passkeys/step-up.ts'
import { explain } from '../policy/explain.ts'
import { minutesFor, requireWithin } from '../sessions/ceiling.ts'
import { deniedName } from '../sessions/event-names.ts'
import { insertOpened } from '../sessions/open.ts'
import { expandScopes } from '../sessions/scopes.ts'
import { consumeBoundSignature } from './bind.ts'
import { hashAttempt } from './canonical.ts'
import { claimApproved } from './claim.ts'
import { aboutOf } from './events.ts'
import { refuseState, requireApproved, voidRequest } from './execute.ts'
import { insertRequest } from './insert.ts'
import { attemptOf, gatesUnmet, unmetOf } from './judge.ts'
import type { JudgeCtx } from './needs.ts'
import { findVoid } from './revalidate.ts'
import { getRequest } from './row.ts'
import { readStanding } from './standing.ts'
import { type Found, requireTarget } from './target.ts'

type Opened = { session: Session; token: string }
export type OpenAnswer = Opened | { request: ActionRequest }

const codes = { reason: 'reason_too_short', ttl_minutes: 'ttl_out_of_range', scopes: 'scope_unknown' } as const

/** A session on one user is the action `impersonate`, any other one `open_session`. */
export const attemptOfSession = ({ tenant_id, target_user_id, reason, ticket, scopes, ttl_minutes }: OpenSession): AttemptAction => ({
  action: target_user_id === undefined ? 'open_session' : 'impersonate',
  target: target_user_id === undefined ? { kind: 'tenant', id: tenant_id } : { kind: 'user', id: target_user_id },
  reason,
  ticket,
  parameters: { scopes, ttl_minutes },
})

const Named = z.object({ tenant_id: TenantId, target_user_id: UserId.optional().catch(undefined) })

/** A refused attempt is on the record, and where the tenant exists the tenant sees it too (A26, A39, X3). */
const findAttempt = async (
  { store, policy, principal }: Omit<JudgeCtx, 'principal'> & { principal: Principal },
  raw: unknown,
): Promise<Attempt | undefined> => {
  const named = Named.safeParse(raw)
  if (!named.success) return undefined
  const { tenant_id, target_user_id } = named.data
  const tenant = await store.db.selectFrom('tenants').select('id').where('id', '=', tenant_id).executeTakeFirst()
  return {
    action: deniedName({ target_user_id: target_user_id ?? null }),
    actor: actorOf(principal),
    ...(tenant ? { tenant_id } : {}),
    target: target_user_id === undefined ? { kind: 'tenant', id: tenant_id } : { kind: 'user', id: target_user_id },
    details: { policy: policy.hash },
  }
}

/** The target as the directory says now. A user of another tenant is not found. */
const requireSessionTarget = async (ctx: JudgeCtx, input: OpenSession): Promise<Found> => {
  const found = await requireTarget(ctx, attemptOfSession(input).target)
  if (found.tenant_id !== input.tenant_id) throw new Refusal('not_found', { detail: 'There is no such user in this tenant.' })
  return found
}

/** What a session may do. On one user it reads, whatever its opener may do elsewhere (A22). */
type Asked = Pick<OpenSession, 'target_user_id' | 'scopes' | 'ttl_minutes'>

const requireScopes = ({ config, principal }: JudgeCtx, { target_user_id, scopes }: Asked): string[] => {
  const expanded = expandScopes(config, scopes)
  const reading = expandScopes(config, [presetReadOnly])
  if (target_user_id !== undefined && expanded.some((scope) => !reading.includes(scope)))
    throw new Refusal('scope_not_read_only', { errors: [{ path: 'scopes', message: `has a scope that is not in ${presetReadOnly}` }] })
  return requireWithin(config, principal.roles, scopes)
}

const requireMinutes = ({ config, principal }: JudgeCtx, { target_user_id, ttl_minutes }: Asked): void => {
  const most = minutesFor(config, principal.roles, target_user_id === undefined ? 'tenant' : 'user')
  if (ttl_minutes > most) throw new Refusal('ttl_out_of_range', { detail: `Your roles may have a session of ${most} minutes at most.` })
}

const openNow = (ctx: JudgeCtx, input: OpenSession, found: Found): Promise<Opened | string> => {
  const attempted = attemptOfSession(input)
  const scopes = requireScopes(ctx, input)
  requireMinutes(ctx, input)
  return transact(ctx, async (tx) => {
    const { reason, ticket, step_up } = input
    const isBound = step_up !== undefined && (await consumeBoundSignature(tx, ctx, step_up, hashAttempt(ctx.principal.id, attempted)))
    const attempt = await attemptOf(tx, ctx, attempted, found, { reason, ticket, isBound })
    const unmet = unmetOf(ctx, attempt)
    if (unmet.length === 0 && reason !== undefined)
      return await insertOpened(tx, ctx, { ...input, reason }, { scopes, policy: ctx.policy.hash, label: found.label })
    if (!input.ask_approval || reason === undefined || unmet.some(({ gate }) => gate !== 'approval')) throw gatesUnmet(unmet)
    const id = await insertRequest(tx, ctx, {
      input: { ...attempted, parameters: { scopes, ttl_minutes: input.ttl_minutes } },
      found,
      reason,
      ticket,
      session_id: undefined,
      idempotency_key: randomUUID(),
      state: 'pending',
      requires: explain(ctx.policy, attempt).requires,
    })
    if (id === undefined) throw new Refusal('conflict')
    await ctx.journal.record(tx, {
      action: actions[attempted.action].events.requested,
      result: 'ok',
      actor: actorOf(ctx.principal),
      ...aboutOf(attempted.target, { ...found, reason, ticket }),
      details: { action: attempted.action, request_id: id, policy: ctx.policy.hash },
    })
    return id
  })
}

type Claimed = {
  tenant_id: string
  target_user_id: string | null
  label: string
  reason: string
  ticket: string | null
  scopes: string[]
  ttl_minutes: number
}

const readClaimed = async ({ store, principal }: JudgeCtx, id: string): Promise<Claimed> => {
  const { rows } = await sql<Claimed>`
    select tenant_id, case when target_kind = 'user' then target_id end as target_user_id, target_label as label, reason, ticket,
      array(select jsonb_array_elements_text(parameters -> 'scopes')) as scopes, (parameters ->> 'ttl_minutes')::int as ttl_minutes
    from action_requests
    where id = ${id} and requester_id = ${principal.id} and action in ('impersonate', 'open_session')`.execute(store.db)
  const row = rows[0]
  if (!row) throw new Refusal('not_found')
  return row
}

/** The token is given out now, long after its requester vouched for the attempt: whoever has the cookie alone does not get it (P21). */
const requireStepUp = async ({ policy, store, principal }: JudgeCtx): Promise<void> => {
  if (!policy.stepUp) return
  const { now, steppedUpAt } = await readStanding(store.db, principal)
  if (steppedUpAt === null || now.getTime() - steppedUpAt.getTime() > freshSeconds * 1000)
    throw gatesUnmet([{ gate: 'step_up', note: 'step-up missing' }])
}

/** Opens what was approved, once, for whoever asked for it and nobody else (A41). */
const claim = async (ctx: JudgeCtx, id: string): Promise<Opened> => {
  const { target_user_id, ticket, label, ...claimed } = await readClaimed(ctx, id)
  await requireApproved(ctx, id)
  await requireStepUp(ctx)
  // What was approved may be more than the requester may have by now.
  const asked = { ...claimed, target_user_id: target_user_id ?? undefined }
  requireScopes(ctx, asked)
  requireMinutes(ctx, asked)
  const why = await findVoid(ctx, id)
  if (why !== undefined) {
    await transact(ctx, (tx) => voidRequest(tx, ctx, id, why))
    throw new Refusal('approval_void', { detail: why })
  }
  const opened = await transact(ctx, async (tx): Promise<Opened | undefined> => {
    if (!(await claimApproved(tx, id))) return undefined
    const input = { ...claimed, ...(target_user_id === null ? {} : { target_user_id }), ...(ticket === null ? {} : { ticket }) }
    const made = await insertOpened(tx, ctx, input, { scopes: claimed.scopes, policy: ctx.policy.hash, request_id: id, label })
    await sql`
      update action_requests set state = 'done', state_at = clock_timestamp(), look_at = null, session_id = ${made.session.id}
      where id = ${id}`.execute(tx)
    return made
  })
  return opened ?? refuseState(ctx, id)
}

/**
 * The one door by which support sessions come to be: `impersonate` and `open_session`, judged by the policy like every other action.
 * Where an approval is needed the token is made when its requester claims it, never before.
 */
export const openSession = verb({
  name: 'open a session',
  may: consoleRoles,
  parse: (raw: unknown) => {
    const isClaim = typeof raw === 'object' && raw !== null && 'request_id' in raw
    return isClaim
      ? { claim: parse(ClaimSession, raw).request_id, open: undefined }
      : { claim: undefined, open: parse(OpenSession, raw, codes) }
  },
  attempt: findAttempt,
  async run(ctx: JudgeCtx, input): Promise<OpenAnswer> {
    if (input.claim !== undefined) return await claim(ctx, input.claim)
    const opened = await openNow(ctx, input.open, await requireSessionTarget(ctx, input.open))
    if (typeof opened !== 'string') return opened
    const request = await getRequest(ctx.store.db, opened)
    if (!request) throw new Error('a request that was inserted is not there')
    return { request }
  },
})
