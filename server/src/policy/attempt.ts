import type { CedarValueJson, Context, EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs'
import type { ActionName } from '@countersign/contract/actions.ts'
import type { Role } from '@countersign/contract/staff.ts'
import { Reason, Ticket } from '@countersign/contract/text.ts'
import { type Approver, countApprovers } from './approver.ts'
import type { Policy } from './compile.ts'

type OfTenant = { id: string; tenantId: string; plan: string | null; region: string | null }
/** Whom an action is done to. `isSelf`: the user is the staff member's own account; `isStaff`: anybody's of the staff. */
export type AttemptTarget =
  | ({ kind: 'user'; role: string | null; isSelf: boolean; isStaff: boolean } & OfTenant)
  | ({ kind: 'tenant' } & OfTenant)

/** All that a decision depends on. Roles are those of this moment, instants those of the database's clock. */
export type Attempt = {
  action: ActionName
  staff: { id: string; roles: readonly Role[]; signedInAt: Date }
  target: AttemptTarget
  reason?: string
  ticket?: string
  /** Who signed this very request. */
  approvers?: readonly Approver[]
  /** The requester's last confirmation with a passkey; `bound` to this very act or to any. */
  stepUp?: { at: Date; bound: boolean }
  now: Date
}

/** An age that is negative, or none at all, is a fault of the caller's: it must not pass for a young one. */
const durationSince = (at: Date, now: Date): CedarValueJson => {
  const age = now.getTime() - at.getTime()
  if (!(age >= 0)) throw new RangeError(`an instant lies ${-age} ms ahead`)
  return { __extn: { fn: 'duration', arg: `${age}ms` } }
}

/** What is no reason or ticket counts as not given. */
const parsed = (name: string, text: string | undefined): Context => (text === undefined ? {} : { [name]: text })

const contextOf = (policy: Policy, { action, staff, reason, ticket, approvers = [], stepUp, now }: Attempt): Context => ({
  ...parsed('reason', Reason.safeParse(reason).data),
  ...parsed('ticket', Ticket.safeParse(ticket).data),
  approvals: countApprovers(policy, { action, requester: staff, approvers }),
  ...(stepUp ? { step_up_age: durationSince(stepUp.at, now) } : {}),
  step_up_bound: stepUp?.bound ?? false,
  sign_in_age: durationSince(staff.signedInAt, now),
  now: { __extn: { fn: 'datetime', arg: now.toISOString() } },
})

/** The product's own words, where it has any: half of a surrogate pair is none to Cedar, and would make a fault of the whole request. */
const known = (words: Record<string, string | null>): Record<string, string> =>
  Object.fromEntries(Object.entries(words).flatMap(([name, word]) => (word === null ? [] : [[name, word.toWellFormed()]])))

const targetEntity = (target: AttemptTarget): EntityJson => {
  const { id, tenantId: tenant, plan, region } = target
  if (target.kind === 'tenant') return { uid: { type: 'Tenant', id }, attrs: known({ tenant, plan, region }), parents: [] }
  const { role, isSelf, isStaff } = target
  return { uid: { type: 'User', id }, attrs: { ...known({ tenant, plan, region, role }), is_self: isSelf, is_staff: isStaff }, parents: [] }
}

/** An attempt as Cedar's request. */
export const requestOf = (policy: Policy, attempt: Attempt) => {
  const principal: TypeAndId = { type: 'Staff', id: attempt.staff.id }
  const target = targetEntity(attempt.target)
  return {
    principal,
    action: { type: 'Action', id: attempt.action },
    resource: target.uid,
    context: contextOf(policy, attempt),
    entities: [{ uid: principal, attrs: {}, parents: attempt.staff.roles.map((id) => ({ type: 'Role', id })) }, target],
  }
}
