import { randomBytes } from 'node:crypto'
import type { ActionState, AttemptAction } from '@countersign/contract/action-requests.ts'
import { actGraceSeconds } from '@countersign/contract/connector.ts'
import { sql, type Transaction } from 'kysely'
import { Refusal } from '../errors.ts'
import { newId } from '../ids.ts'
import type { Tables } from '../store/tables.ts'
import { formatSigned } from './canonical.ts'
import type { JudgeCtx } from './needs.ts'
import type { Found } from './target.ts'

export type Draft = {
  input: AttemptAction
  found: Found
  reason: string
  ticket: string | undefined
  session_id: string | undefined
  requires: string
  idempotency_key: string
  state: Extract<ActionState, 'pending' | 'executing'>
}

/** The product must have the effect within this, or not at all: short of the 60 seconds that the protocol allows. */
export const callSeconds = 50
/** Set with the intent, in its transaction: when the call is over, and when its outcome is first asked for if none was heard. */
export const callExpires = sql<Date>`clock_timestamp() + make_interval(secs => ${callSeconds})`
export const firstLook = sql<Date>`clock_timestamp() + make_interval(secs => ${callSeconds + actGraceSeconds})`

/** Of one person at a time: whoever approves is not to be worn down by asking (GA-13). */
const pendingMaximum = 20

/** Of requests of one person that come at once, each is counted before the next: the person's row is held. */
const requireRoom = async (tx: Transaction<Tables>, { principal }: JudgeCtx): Promise<void> => {
  await tx.selectFrom('staff').select('id').where('id', '=', principal.id).forNoKeyUpdate().execute()
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::int as waiting from action_requests
    where requester_id = ${principal.id} and state = 'pending' and expires_at > clock_timestamp()`.execute(tx)
  if ((rows[0]?.waiting ?? 0) >= pendingMaximum)
    throw new Refusal('too_many_requests', { detail: `You have ${pendingMaximum} requests that wait for an approval.` })
}

/** Writes the request down, with the bytes that approvers sign. Undefined where its key has one already. */
export const insertRequest = async (tx: Transaction<Tables>, ctx: JudgeCtx, draft: Draft): Promise<string | undefined> => {
  const { principal, policy } = ctx
  const { input, found, reason, ticket, session_id, idempotency_key, state, requires } = draft
  const row = policy.table[input.action]
  if (state === 'pending') await requireRoom(tx, ctx)
  const { rows } = await sql<{ created: Date; expires: Date }>`
    select date_trunc('milliseconds', clock_timestamp()) as created,
      date_trunc('milliseconds', clock_timestamp()) + make_interval(mins => ${row.expires_minutes}::int) as expires`.execute(tx)
  const { created, expires } = rows[0] as { created: Date; expires: Date }
  const id = newId('action')
  const { signed, digest } = formatSigned({
    v: 1,
    id,
    action: input.action,
    target: { ...input.target, label: found.label, tenant_id: found.tenant_id, tenant_name: found.tenant_name },
    parameters: input.parameters,
    requester: { id: principal.id, issuer: principal.issuer, subject: principal.subject, email: principal.email, name: principal.name },
    reason,
    ticket: ticket ?? null,
    policy: policy.hash,
    nonce: randomBytes(16).toString('base64url'),
    created_at: created.toISOString(),
    expires_at: expires.toISOString(),
  })
  const inserted = await tx
    .insertInto('action_requests')
    .values({
      id,
      action: input.action,
      target_kind: input.target.kind,
      target_id: input.target.id,
      target_label: found.label,
      tenant_id: found.tenant_id,
      parameters: JSON.stringify(input.parameters),
      reason,
      ticket: ticket ?? null,
      requester_id: principal.id,
      sign_in_id: principal.session_id,
      policy: policy.hash,
      risk: row.risk,
      requires,
      approvals_needed: row.requires.includes('approval') ? row.approvals : 0,
      signed,
      digest,
      idempotency_key,
      created_at: created,
      expires_at: expires,
      state,
      session_id: session_id ?? null,
      ...(state === 'executing' ? { call_expires_at: callExpires, look_at: firstLook } : {}),
    })
    .onConflict((conflict) => conflict.columns(['requester_id', 'idempotency_key']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted?.id
}
