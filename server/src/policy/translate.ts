import { type ActionName, actionNames } from '@countersign/contract/actions.ts'
import type { Role } from '@countersign/contract/staff.ts'
import type { Table, TableRow } from './table.ts'

/** A `forbid` in Cedar: where it matches, its gate is unmet. */
export type Rule = {
  gate: string
  note: string
  text: string
  /** Where it was written. */
  source: string
}

const anyOf = (type: 'Action' | 'Role', names: readonly string[]): string => `[${names.map((name) => `${type}::"${name}"`).join(', ')}]`

const namesWhere = (table: Table, holds: (row: TableRow) => boolean): ActionName[] => actionNames.filter((name) => holds(table[name]))

/** Actions that the same roles may ask for. */
const byRoles = (table: Table): { names: ActionName[]; mayAsk: string }[] =>
  [...Map.groupBy(actionNames, (name) => table[name].roles.toSorted().join())].map(([roles, names]) => ({
    names,
    mayAsk: `{ principal in ${anyOf('Role', roles.split(','))} }`,
  }))

/** Who may act at all. What is not permitted is denied, whatever becomes of the rules. */
export const permitsOf = (table: Table): string[] =>
  byRoles(table).map(({ names, mayAsk }) => `permit (${onActions(names)}) when ${mayAsk};`)

type Draft = { gate: string; note: string; scope?: string; condition?: string }

const ruleOf = ({ gate, note, scope = 'principal, action, resource', condition = '' }: Draft): Rule => ({
  gate,
  note,
  source: 'the table of actions',
  text: `@gate("${gate}") @note("${note}") forbid (${scope}) ${condition};`,
})

const onActions = (names: readonly ActionName[]): string => `principal, action in ${anyOf('Action', names)}, resource`

/** Where no action needs it there is no rule: an empty list of actions would be one that never applies. */
const forActions = (names: readonly ActionName[], draft: Omit<Draft, 'scope'>): Rule[] =>
  names.length === 0 ? [] : [ruleOf({ ...draft, scope: onActions(names) })]

/** How notes and cells call those who may approve. */
export const approverWord = (approvers: readonly Role[]): string => (approvers.includes('support_manager') ? 'manager' : 'super admin')

const ordinals = ['', 'second ', 'third ', 'fourth ', 'fifth ']

const approvalRules = (table: Table): Rule[] =>
  ordinals.flatMap((ordinal, index) =>
    ['manager', 'super admin'].flatMap((word) =>
      forActions(
        namesWhere(table, (row) => row.requires.includes('approval') && row.approvals > index && approverWord(row.approvers) === word),
        { gate: 'approval', note: `${ordinal}${word} missing`, condition: `unless { context.approvals >= ${index + 1} }` },
      ),
    ),
  )

const stepUpRules = (table: Table): Rule[] => {
  const gate = { gate: 'step_up', note: 'step-up missing' }
  const recent = 'context has step_up_age && context.step_up_age <= duration("5m")'
  return [
    ...forActions(
      namesWhere(table, ({ risk }) => risk !== 'high'),
      { ...gate, condition: `unless { context.step_up_bound || (${recent}) }` },
    ),
    ...forActions(
      namesWhere(table, ({ risk }) => risk === 'high'),
      { gate: 'step_up', note: 'step-up for this very act missing', condition: 'unless { context.step_up_bound }' },
    ),
  ]
}

/** The table as Cedar, and what always holds: nobody acts on themselves or on staff. */
export const rulesOf = (table: Table, { stepUp }: { stepUp: boolean }): Rule[] => [
  ...forActions(
    namesWhere(table, ({ off }) => off),
    { gate: 'off', note: 'switched off' },
  ),
  ruleOf({
    gate: 'own_account',
    note: 'own account',
    scope: 'principal, action, resource is User',
    condition: 'when { resource.is_self }',
  }),
  ruleOf({
    gate: 'staff_account',
    note: 'account of staff',
    scope: 'principal, action, resource is User',
    condition: 'when { resource.is_staff }',
  }),
  // Said again as a gate of its own: a deny of Cedar's names the rules that matched, and is silent on a permit that did not.
  ...byRoles(table).flatMap(({ names, mayAsk }) =>
    forActions(names, { gate: 'role', note: 'role missing', condition: `unless ${mayAsk}` }),
  ),
  ...approvalRules(table),
  ...forActions(
    namesWhere(table, ({ requires }) => requires.includes('ticket')),
    { gate: 'ticket', note: 'ticket missing', condition: 'unless { context has ticket }' },
  ),
  ...forActions(
    namesWhere(table, ({ requires }) => requires.includes('reason')),
    { gate: 'reason', note: 'reason missing', condition: 'unless { context has reason }' },
  ),
  ...(stepUp ? stepUpRules(table) : []),
]
