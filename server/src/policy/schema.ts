import { type ActionName, actionNames, actions, risks } from '@countersign/contract/actions.ts'
import { roles } from '@countersign/contract/staff.ts'
import type { Table } from './table.ts'

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ')

const ofTenant = ['tenant: String', 'plan?: String', 'region?: String']
const ofUser = [...ofTenant, 'role?: String', 'is_self: Bool', 'is_staff: Bool']
const given = [
  'reason?: String',
  'ticket?: String',
  'approvals: Long',
  'step_up_age?: duration',
  'step_up_bound: Bool',
  'sign_in_age: duration',
  'now: datetime',
]

/** Names of everything that a rule can ask for. */
export const attributes = [...ofUser, ...given].map((attribute) => attribute.replace(/[?]?:.*/, ''))

const actionLine = (table: Table) => (name: ActionName) =>
  `action "${name}" in ["${table[name].risk}"] appliesTo {
  principal: [Staff], resource: [${actions[name].target === 'user' ? 'User' : 'Tenant'}], context: Given
};`

/** What rules can speak of. An action is in the group of its risk: `action in Action::"high"`. */
export const schemaOf = (table: Table): string => `entity Role enum [${quoted(roles)}];
entity Staff in [Role];
entity Tenant = {
  ${ofTenant.join(',\n  ')}
};
entity User = {
  ${ofUser.join(',\n  ')}
};
type Given = {
  ${given.join(',\n  ')}
};
action ${quoted(risks)};
${actionNames.map(actionLine(table)).join('\n')}
`
