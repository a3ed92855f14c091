import { type AuthorizationAnswer, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { knownGates, type UnmetGate } from '@countersign/contract/actions.ts'
import { type Attempt, requestOf } from './attempt.ts'
import { type Policy, ruleName } from './compile.ts'

export type Decision = {
  allowed: boolean
  /** Every gate that is unmet, the weightiest first. Empty exactly where the action is allowed. */
  unmet: UnmetGate[]
  /** What could not be evaluated, for the program's own log. */
  faults: string[]
}

const policyError: UnmetGate = { gate: 'policy_error', note: 'policy could not be evaluated' }

const rank = ({ gate }: UnmetGate): number => {
  const at = (knownGates as readonly string[]).indexOf(gate)
  return at < 0 ? knownGates.length : at
}

/** Each gate and note once, in the order of notes. */
export const inOrder = (gates: readonly UnmetGate[]): UnmetGate[] =>
  [...new Map(gates.map(({ gate, note }) => [`${gate} ${note}`, { gate, note }])).values()].toSorted((a, b) => rank(a) - rank(b))

/** Faults count as a no: Cedar skips a rule that fails, and would let through what the rule forbids. */
const faultsOf = ({ rules }: Policy, answer: AuthorizationAnswer): string[] =>
  answer.type === 'failure'
    ? answer.errors.map(({ message }) => message)
    : answer.response.diagnostics.errors.map(({ policyId, error }) => {
        const rule = rules.find((_, at) => ruleName(at) === policyId)
        return `${rule?.source ?? policyId}: ${error.message}`
      })

const isAllowed = (answer: AuthorizationAnswer): boolean =>
  answer.type === 'success' && answer.response.decision === 'allow' && answer.response.diagnostics.errors.length === 0

const judge = (policy: Policy, attempt: Attempt): Decision => {
  const answer = statefulIsAuthorized({
    ...requestOf(policy, attempt),
    preparsedSchemaName: policy.hash,
    preparsedPolicySetId: policy.hash,
    validateRequest: true,
  })
  if (isAllowed(answer)) return { allowed: true, unmet: [], faults: [] }
  const matched = answer.type === 'success' ? answer.response.diagnostics.reason : []
  const unmet = policy.rules.filter((_, at) => matched.includes(ruleName(at)))
  const faults = faultsOf(policy, answer)
  return { allowed: false, unmet: inOrder(faults.length > 0 || unmet.length === 0 ? [policyError, ...unmet] : unmet), faults }
}

/** May this be done? Allowed, or all gates that are unmet (A26). Whatever goes wrong on the way is a no. */
export const decide = (policy: Policy, attempt: Attempt): Decision => {
  try {
    return judge(policy, attempt)
  } catch (error) {
    return { allowed: false, unmet: [policyError], faults: [String(error)] }
  }
}

/** Unmet gates as the note of an event: "ticket missing, reason missing". */
export const formatNote = (unmet: readonly UnmetGate[]): string => unmet.map(({ note }) => note).join(', ')
