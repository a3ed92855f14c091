import { type AttemptAction, SignedRequest } from '@countersign/contract/action-requests.ts'
import type { ActionName, UnmetGate } from '@countersign/contract/actions.ts'
import type { Role } from '@countersign/contract/staff.ts'
import { type Kysely, sql } from 'kysely'
import type { Base } from '../access/ctx.ts'
import type { StaffPrincipal } from '../access/principal.ts'
import { Refusal } from '../errors.ts'
import type { Approver } from '../policy/approver.ts'
import { formatNote } from '../policy/decide.ts'
import type { Tables } from '../store/tables.ts'
import { formatSigned } from './canonical.ts'
import { unmetOf } from './judge.ts'
import type { JudgeCtx, JudgeNeeds } from './needs.ts'
import { requireTarget } from './target.ts'

type Row = {
  action: ActionName
  target_kind: 'user' | 'tenant'
  target_id: string
  tenant_id: string
  reason: string
  ticket: string | null
  policy: string
  id: string
  parameters: Record<string, unknown>
  signed: string
  digest: Buffer
  session_id: string
  requester_id: string
  issuer: string
  subject: string
  email: string
  name: string
  roles: Role[]
  disabled: boolean
  now: Date
  sign_in_age_ms: number
}

const readRow = async (db: Kysely<Tables>, id: string): Promise<Row> => {
  const { rows } = await sql<Row>`
    select a.id, a.action, a.target_kind, a.target_id, a.tenant_id, a.reason, a.ticket, a.policy, a.parameters, a.signed, a.digest,
      a.sign_in_id as session_id,
      a.requester_id, r.issuer, r.subject, r.email, r.name, r.roles, r.disabled_at is not null as disabled,
      clock_timestamp() as now, extract(epoch from a.created_at - s.created_at)::float8 * 1000 as sign_in_age_ms
    from action_requests a join staff r on r.id = a.requester_id join staff_sessions s on s.id = a.sign_in_id
    where a.id = ${id}`.execute(db)
  const row = rows[0]
  if (!row) throw new Refusal('not_found')
  return row
}

/** Approvals that still count: of people who may approve now, with a key that was not removed since (GA-5, GA-14). */
export const readApprovers = async (db: Kysely<Tables>, id: string): Promise<Approver[]> => {
  const { rows } = await sql<Approver>`
    select s.id, s.roles from action_decisions d join staff s on s.id = d.staff_id
    where d.request_id = ${id} and d.decision = 'approved' and s.disabled_at is null
      and not exists (select from staff_passkey_removals x where x.passkey_id = d.passkey_id)`.execute(db)
  return rows
}

const requesterOf = (row: Row): StaffPrincipal => ({
  kind: 'staff',
  id: row.requester_id,
  issuer: row.issuer,
  subject: row.subject,
  email: row.email,
  name: row.name,
  roles: row.roles,
  session_id: row.session_id,
})

/** Whether the request is, to the letter, the one that its approvers signed: whoever can write to the table cannot change it after them. */
const isAsSigned = (row: Row): boolean => {
  const before = SignedRequest.safeParse(JSON.parse(row.signed)).data
  if (!before) return false
  const { signed, digest } = formatSigned({
    ...before,
    id: row.id,
    action: row.action,
    target: { ...before.target, kind: row.target_kind, id: row.target_id, tenant_id: row.tenant_id },
    parameters: row.parameters,
    requester: { ...before.requester, id: row.requester_id },
    reason: row.reason,
    ticket: row.ticket,
    policy: row.policy,
  })
  return signed === row.signed && digest.equals(row.digest)
}

const sentenceOf = (unmet: readonly UnmetGate[]): string | undefined =>
  unmet.length === 0 ? undefined : `It does not hold any more: ${formatNote(unmet)}.`

/**
 * Whether what was approved still holds, at the moment it is carried out: the policy, the requester, each approver and their key, the
 * target and its tenant. Returns a sentence that says what does not, or undefined.
 */
export const findVoid = async (ctx: Base & JudgeNeeds, id: string): Promise<string | undefined> => {
  const row = await readRow(ctx.store.db, id)
  if (row.policy !== ctx.policy.hash) return 'The policy has changed since it was asked for.'
  if (row.disabled) return 'Whoever asked for it has been disabled.'
  const principal = requesterOf(row)
  const as: JudgeCtx = { ...ctx, principal }
  const target = { kind: row.target_kind, id: row.target_id } as AttemptAction['target']
  const found = await requireTarget(as, target).catch((error) => {
    if (error instanceof Refusal && error.code === 'not_found') return undefined
    throw error
  })
  if (!found || found.tenant_id !== row.tenant_id) return 'The target is gone, or of another tenant by now.'
  if (!isAsSigned(row)) return 'It is not what its approvers signed.'
  const attempt = {
    action: row.action,
    staff: { id: row.requester_id, roles: row.roles, signedInAt: new Date(row.now.getTime() - Math.max(0, row.sign_in_age_ms)) },
    target: found.target,
    reason: row.reason,
    ...(row.ticket === null ? {} : { ticket: row.ticket }),
    approvers: await readApprovers(ctx.store.db, id),
    // It was vouched for when it was asked, or it would not have been taken.
    stepUp: { at: row.now, bound: true },
    now: row.now,
  }
  return sentenceOf(unmetOf(ctx, attempt))
}
