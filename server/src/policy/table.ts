import { type ActionName, actionNames, actions, extensions, isExtension, type Risk, type TableGate } from '@countersign/contract/actions.ts'
import { approverRoles, consoleRoles, type Role } from '@countersign/contract/staff.ts'
import type { ConfigFile } from '../config.ts'

/** What holds for one action: the default row, with what the configuration says otherwise. */
export type TableRow = {
  off: boolean
  requires: readonly TableGate[]
  risk: Risk
  roles: readonly Role[]
  approvers: readonly Role[]
  approvals: number
  expires_minutes: number
}
export type Table = Record<ActionName, TableRow>

/** X14: what A9 says of impersonate, suspend and reset. */
const withTicket: readonly ActionName[] = ['impersonate', 'suspend_account', 'reset_passkey', 'reset_totp']

const defaultRequires = (action: ActionName, preset: ConfigFile['policy']['preset']): readonly TableGate[] => {
  const { requires } = actions[action]
  return preset === 'strict' && withTicket.includes(action) ? [...new Set([...requires, 'ticket'] as const)] : requires
}

const compact = <T extends object>(given: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> }

/** The table of actions (A3–A5). What the configuration leaves out is the preset's. */
export const tableOf = ({ policy, actions: given, approvals }: Pick<ConfigFile, 'policy' | 'actions' | 'approvals'>): Table => {
  const rowOf = (action: ActionName): TableRow => {
    const own = given[action]
    // Letting a session run longer requires what opening it does, unless the configuration says otherwise.
    if (isExtension(action)) {
      const { off, ...like } = rowOf(extensions[action])
      return { ...like, ...compact({ ...own, off: off || own?.off === true }) }
    }
    return {
      off: own?.off ?? false,
      requires: own?.requires ?? defaultRequires(action, policy.preset),
      risk: own?.risk ?? actions[action].risk,
      roles: own?.roles ?? consoleRoles,
      approvers: own?.approvers ?? approverRoles,
      approvals: own?.approvals ?? 1,
      expires_minutes: own?.expires_minutes ?? approvals.expires_minutes,
    }
  }
  return Object.fromEntries(actionNames.map((action) => [action, rowOf(action)])) as Table
}
