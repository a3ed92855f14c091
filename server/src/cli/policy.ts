import { type ActionName, actionNames, actions, type Explanation } from '@countersign/contract/actions.ts'
import { type Role, roles } from '@countersign/contract/staff.ts'
import { closest } from 'fastest-levenshtein'
import { Trouble } from '../errors.ts'
import type { Attempt, AttemptTarget } from '../policy/attempt.ts'
import type { Policy } from '../policy/compile.ts'
import { explain } from '../policy/explain.ts'
import { loadPolicy } from '../policy/load.ts'
import type { Say } from './keys.ts'
import { readConfig } from './open.ts'
import { formatTable } from './table.ts'

const readPolicy = (file: string | undefined): Policy => loadPolicy(readConfig(file))

const requireWord = <T extends string>(said: string, known: readonly T[], what: string): T => {
  if (known.includes(said as T)) return said as T
  throw new Trouble(`There is no ${what} ${said}.`, `Did you mean ${closest(said, known)}? Known: ${known.join(', ')}.`)
}

/** `countersign policy check`. What is wrong is a Trouble of its own. */
export const runPolicyCheck = (file: string | undefined, say: Say): void => {
  const { hash, rules } = readPolicy(file)
  const sources = Map.groupBy(rules, ({ source }) => source.replace(/:\d+$/, ''))
  say(
    `The policy is valid.\n  ${[...sources].map(([source, of]) => `${of.length} rule${of.length === 1 ? '' : 's'} of ${source}`).join('\n  ')}\n  sha256 ${hash}`,
  )
}

type Target = { plan?: string | null; region?: string | null; userRole?: string | null }
type Given = { role?: string[]; reason?: string; ticket?: string; approvedBy?: string[] } & Target

const targetOf = (action: ActionName, { plan = null, region = null, userRole: role = null }: Target): AttemptTarget => {
  const tenant = { id: 'anybody', tenantId: 'any tenant', plan, region }
  const { target: kind } = actions[action]
  return kind === 'tenant' ? { kind, ...tenant } : { kind, ...tenant, role, isSelf: false, isStaff: false }
}

const attemptOf = (action: ActionName, given: Given): Attempt => {
  const rolesOf = (names: readonly string[]): Role[] => names.map((name) => requireWord(name, roles, 'role'))
  const now = new Date()
  return {
    action,
    staff: { id: 'requester', roles: rolesOf(given.role ?? ['support_admin']), signedInAt: now },
    target: targetOf(action, given),
    reason: given.reason,
    ticket: given.ticket,
    approvers: rolesOf(given.approvedBy ?? []).map((role, at) => ({ id: `approver ${at + 1}`, roles: [role] })),
    stepUp: { at: now, bound: true },
    now,
  }
}

/** The table as the console shows it, of somebody who may act, on nobody in particular. */
const tableRows = (policy: Policy): string[][] =>
  actionNames.map((action) => {
    const { risk, roles: asking, approvers, expires_minutes } = policy.table[action]
    const { requires } = explain(policy, attemptOf(action, { role: [...asking] }))
    return [action, actions[action].target, requires, risk, asking.join(', '), approvers.join(', '), `${expires_minutes} min`]
  })

/** `countersign policy show [--json]` */
export const runPolicyShow = (file: string | undefined, { json }: { json?: boolean }, say: Say): void => {
  const policy = readPolicy(file)
  const { table, text, hash } = policy
  if (json) {
    say(JSON.stringify({ hash, table, text }))
    return
  }
  say(formatTable(['ACTION', 'ON', 'REQUIRES', 'RISK', 'REQUESTED BY', 'APPROVED BY', 'WITHIN'], tableRows(policy)))
  say(`\n${text}\n// sha256 ${hash}`)
}

const formatExplanation = ({ action, requires, risk, requirements, allowed }: Explanation): string =>
  [
    `${action}: requires ${requires}; risk ${risk}`,
    ...requirements.map(({ gate, note, met }) => `  ${met ? 'met  ' : 'UNMET'}  ${gate}${met ? '' : `: ${note}`}`),
    `  ${allowed ? 'allowed' : 'refused'}`,
  ].join('\n')

/** `countersign policy explain <action> [--role …] [--reason …] …` The step-up is taken as given: it has no word to type. */
export const runPolicyExplain = (file: string | undefined, word: string, options: Given & { json?: boolean }, say: Say): void => {
  const action = requireWord(word, actionNames, 'action')
  const explanation = explain(readPolicy(file), attemptOf(action, options))
  say(options.json ? JSON.stringify(explanation) : formatExplanation(explanation))
}
