import type { ActionName, UnmetGate } from '@countersign/contract/actions.ts'
import type { Role } from '@countersign/contract/staff.ts'
import type { Policy } from './compile.ts'

export type Approver = { id: string; roles: readonly Role[] }

/** What keeps somebody from approving an action that another asked for. Nobody approves their own request, whatever the role (X5). */
export const unmetByApprover = (
  { table }: Pick<Policy, 'table'>,
  { action, requester, approver }: { action: ActionName; requester: { id: string }; approver: Approver },
): UnmetGate[] => [
  ...(approver.id === requester.id ? [{ gate: 'own_request', note: 'own request' }] : []),
  ...(approver.roles.some((role) => table[action].approvers.includes(role)) ? [] : [{ gate: 'role', note: 'role missing' }]),
]

/** How many different people have approved who may: two signatures of one person count once. */
export const countApprovers = (
  policy: Pick<Policy, 'table'>,
  { action, requester, approvers }: { action: ActionName; requester: { id: string }; approvers: readonly Approver[] },
): number =>
  new Set(approvers.filter((approver) => unmetByApprover(policy, { action, requester, approver }).length === 0).map(({ id }) => id)).size
