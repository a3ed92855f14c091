import { type ActionRequest, ApproveRequest } from '@countersign/contract/action-requests.ts'
import { type ActionName, actions } from '@countersign/contract/actions.ts'
import { approverRoles } from '@countersign/contract/staff.ts'
import { sql, type Transaction } from 'kysely'
import { type Attempt, deny } from '../access/deny.ts'
import { parse } from '../access/parse.ts'
import { actorOf } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { Refusal } from '../errors.ts'
import { requireAssertion } from '../identity/passkeys/assert.ts'
import { assertionOptions, freshTime } from '../identity/passkeys/step-up.ts'
import { PasskeyError } from '../identity/passkeys/verify.ts'
import { countApprovers, unmetByApprover } from '../policy/approver.ts'
import type { Tables } from '../store/tables.ts'
import { aboutOf } from './events.ts'
import { executeRequest, isClaimed } from './execute.ts'
import { gatesUnmet } from './judge.ts'
import type { ActionCtx, JudgeCtx } from './needs.ts'
import { recordOf } from './record-of.ts'
import { readApprovers } from './revalidate.ts'
import { requireRequest } from './row.ts'

type Row = {
  action: ActionName
  state: string
  over: boolean
  target_kind: 'user' | 'tenant'
  target_id: string
  label: string
  tenant_id: string
  ticket: string | null
  session_id: string | null
  requester_id: string
  approvals_needed: number
  policy: string
  signed: string
  digest: Buffer
}

/** The request, held until the transaction ends, so that two who decide at the same time do so one after the other. */
export const lockRequest = async (tx: Transaction<Tables>, id: string): Promise<Row> => {
  const { rows } = await sql<Row>`
    select action, state, expires_at <= clock_timestamp() as over, target_kind, target_id, target_label as label, tenant_id, ticket, session_id,
      requester_id, approvals_needed, policy, signed, digest
    from action_requests where id = ${id} for update`.execute(tx)
  const row = rows[0]
  if (!row) throw new Refusal('not_found')
  return row
}

/** An attempt to decide that is refused is on the record, and on the tenant's. */
export const refusedDecision = (ctx: JudgeCtx, row: Row, id: string, event: string): Attempt =>
  ({
    action: event,
    actor: actorOf(ctx.principal),
    ...aboutOf({ kind: row.target_kind, id: row.target_id }, row),
    details: { action: row.action, request_id: id, policy: row.policy },
  }) as Attempt

/** Pending, in time, of somebody else, by somebody whose approval counts: else refused. */
export const requireDecidable = (ctx: JudgeCtx, row: Row): void => {
  const approver = { id: ctx.principal.id, roles: ctx.principal.roles }
  const unmet = unmetByApprover(ctx.policy, { action: row.action, requester: { id: row.requester_id }, approver })
  if (unmet.length > 0) throw gatesUnmet(unmet)
  if (row.over && ['pending', 'approved'].includes(row.state)) throw new Refusal('request_expired')
  if (row.state !== 'pending') throw new Refusal('conflict', { detail: `The request is ${row.state}.` })
}

/** What vouches for the approval: a passkey over the very bytes, or a fresh sign-in where the configuration says so. */
const requireSignature = async (
  tx: Transaction<Tables>,
  ctx: ActionCtx,
  row: Row,
  raw: unknown,
): Promise<{ passkey_id: string | null; details: Record<string, unknown> }> => {
  const { response } = parse(ApproveRequest, raw)
  const digest = row.digest.toString('base64url')
  if (response) {
    try {
      const { passkey_id } = await requireAssertion(tx, ctx.site, { staff_id: ctx.principal.id, challenge: digest }, response)
      const { id, response: signed } = response
      const details = {
        signature: 'passkey' as const,
        digest,
        signed: row.signed,
        passkey_id,
        credential_id: id,
        authenticator_data: signed.authenticatorData,
        client_data: signed.clientDataJSON,
        assertion: signed.signature,
      }
      return { passkey_id, details }
    } catch (error) {
      if (error instanceof PasskeyError) throw new Refusal('passkey_refused', { detail: error.message, cause: error })
      throw error
    }
  }
  if (ctx.config.approvals.signature !== 'sign_in') throw new Refusal('passkey_missing')
  const { rows } = await sql<{ fresh: boolean }>`
    select created_at > clock_timestamp() - ${freshTime} as fresh from staff_sessions where id = ${ctx.principal.session_id}`.execute(tx)
  if (rows[0]?.fresh !== true) throw new Refusal('sign_in_not_fresh')
  return { passkey_id: null, details: { signature: 'sign_in' as const, digest, signed: row.signed } }
}

const insertApproval = async (tx: Transaction<Tables>, ctx: ActionCtx, id: string, row: Row, passkey_id: string | null): Promise<void> => {
  const inserted = await tx
    .insertInto('action_decisions')
    .values({ request_id: id, requester_id: row.requester_id, staff_id: ctx.principal.id, decision: 'approved', passkey_id })
    .onConflict((conflict) => conflict.columns(['request_id', 'staff_id']).doNothing())
    .returning('request_id')
    .executeTakeFirst()
  if (!inserted) throw new Refusal('conflict', { detail: 'You have approved it already.' })
}

/** Writes the approval down; returns whether it was the last that was needed. */
const approve = (ctx: ActionCtx, id: string, raw: unknown): Promise<{ isComplete: boolean; action: ActionName }> =>
  transact(ctx, async (tx): Promise<{ isComplete: boolean; action: ActionName }> => {
    const row = await lockRequest(tx, id)
    const event = actions[row.action].events.approved
    try {
      requireDecidable(ctx, row)
      const { passkey_id, details } = await requireSignature(tx, ctx, row, raw)
      await insertApproval(tx, ctx, id, row, passkey_id)
      await recordOf(tx, ctx, id, { action: event, result: 'ok', actor: actorOf(ctx.principal), details })
    } catch (error) {
      if (!(error instanceof Refusal) || error.status >= 500) throw error
      throw deny(error, refusedDecision(ctx, row, id, event))
    }
    const approvers = await readApprovers(tx, id)
    const count = countApprovers(ctx.policy, { action: row.action, requester: { id: row.requester_id }, approvers })
    const isComplete = count >= row.approvals_needed
    if (isComplete)
      await sql`update action_requests set state = 'approved', state_at = clock_timestamp() where id = ${id} and state = 'pending'`.execute(
        tx,
      )
    return { isComplete, action: row.action }
  })

/** What the approver's keys are asked to sign: the SHA-256 of the canonical request. */
export const beginApproval = verb({
  name: 'begin to approve',
  may: approverRoles,
  async run(ctx: JudgeCtx, id: string): Promise<object> {
    const row = await ctx.store.db.selectFrom('action_requests').select('digest').where('id', '=', id).executeTakeFirst()
    if (!row) throw new Refusal('not_found')
    return await assertionOptions(ctx.store.db, ctx, row.digest.toString('base64url'))
  },
})

/** The approval stands whatever comes of carrying it out; the request says what did. */
const carryOut = (ctx: ActionCtx, id: string): Promise<void> =>
  executeRequest(ctx, id).catch((error) => ctx.log.warn({ err: error, request_id: id }, 'an approved request was not carried out'))

/**
 * A second person's signature over exactly what will be done (A40, A41, P7). It is good for this request alone, once. With the last
 * one that is needed the request is carried out, unless its requester is to do that.
 */
export const approveRequest = verb({
  name: 'approve',
  may: approverRoles,
  async run(ctx: ActionCtx, { id, body }: { id: string; body: unknown }): Promise<ActionRequest> {
    const { isComplete, action } = await approve(ctx, id, body)
    if (isComplete && ctx.config.approvals.auto_execute && !isClaimed(action)) await carryOut(ctx, id)
    return await requireRequest(ctx.store.db, id)
  },
})
