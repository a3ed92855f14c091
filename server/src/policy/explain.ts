import { type ActionName, actions, type Explanation, type UnmetGate } from '@countersign/contract/actions.ts'
import type { Attempt } from './attempt.ts'
import type { Policy } from './compile.ts'
import { decide, inOrder } from './decide.ts'
import { approverWord } from './translate.ts'

const roleGate: UnmetGate = { gate: 'role', note: 'role missing' }
const same = (a: UnmetGate) => (b: UnmetGate) => a.gate === b.gate && a.note === b.note

/** Gates that hold for all actions, or for this person or target: the cell says what the action asks for. */
const notInCell = ['policy_error', 'off', 'own_account', 'staff_account', 'role', 'step_up']

/** The cell *requires* (A24). A reason is signed with every approval, so that it is not said twice. */
const formatRequires = (policy: Policy, action: ActionName, required: readonly UnmetGate[]): string => {
  const gates = required.map(({ gate }) => gate)
  const approvals = gates.filter((gate) => gate === 'approval').length
  const word = approverWord(policy.table[action].approvers)
  const others = new Set(gates.filter((gate) => !['reason', 'ticket', 'approval', ...notInCell].includes(gate)))
  const row = actions[action]
  const asked = [
    ...(gates.includes('reason') && approvals === 0 ? ['reason'] : []),
    ...(gates.includes('ticket') ? ['ticket'] : []),
    ...(approvals === 1 ? [`${word} approval`] : approvals > 1 ? [`${approvals} ${word} approvals`] : []),
    ...[...others].map((gate) => gate.replaceAll('_', ' ')),
  ]
  return [asked.join(' + ') || 'nothing', ...('max_minutes' in row ? [`${row.max_minutes} min`] : [])].join(' · ')
}

/** What an attempt requires, met or not: a role, what is unmet with nothing given, and what is unmet as it stands (M1). */
export const explain = (policy: Policy, attempt: Attempt): Explanation => {
  const { action, staff, target, now } = attempt
  const { unmet: required } = decide(policy, { action, staff, target, now })
  const { allowed, unmet } = decide(policy, attempt)
  const { risk, approvers, expires_minutes } = policy.table[action]
  return {
    action,
    risk,
    requires: policy.table[action].off ? 'switched off' : formatRequires(policy, action, required),
    requirements: inOrder([roleGate, ...required, ...unmet]).map((gate) => ({ ...gate, met: !unmet.some(same(gate)) })),
    allowed,
    approvers: [...approvers],
    expires_minutes,
    policy: policy.hash,
  }
}
