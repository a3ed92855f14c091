import type { Journal } from '../audit/record.ts'
import { disableStaff } from '../identity/staff/disable.ts'
import { enableStaff } from '../identity/staff/enable.ts'
import { listStaff } from '../identity/staff/list.ts'
import type { Store } from '../store/open.ts'
import type { Say } from './keys.ts'
import { currentOperator } from './operator.ts'
import { formatInstant, formatTable } from './table.ts'

type Needs = { store: Store; journal: Journal }

/** `countersign staff list [--json]` */
export const runStaffList = async (needs: Pick<Needs, 'store'>, options: { json?: boolean }, say: Say): Promise<void> => {
  const staff = await listStaff(needs)
  if (options.json) return say(JSON.stringify(staff))
  if (staff.length === 0) return say('Nobody has signed in yet.')
  const rows = staff.map((one) => [
    one.id,
    one.email,
    one.name,
    one.roles.join(',') || '–',
    formatInstant(one.signed_in_at),
    one.disabled_at ? `disabled ${formatInstant(one.disabled_at)}` : 'enabled',
  ])
  say(formatTable(['ID', 'E-MAIL', 'NAME', 'ROLES', 'SIGNED IN', 'STATE'], rows))
}

/** `countersign staff disable <id or e-mail>` */
export const runStaffDisable = async (needs: Needs, who: string, say: Say): Promise<void> => {
  const { id, disabled, ended } = await disableStaff(needs, currentOperator(), who)
  say(disabled ? `${id} is disabled; ${ended} sign-in${ended === 1 ? '' : 's'} ended.` : `${id} was disabled already.`)
}

/** `countersign staff enable <id or e-mail>` */
export const runStaffEnable = async (needs: Needs, who: string, say: Say): Promise<void> => {
  const { id, enabled } = await enableStaff(needs, currentOperator(), who)
  say(enabled ? `${id} may sign in again.` : `${id} was not disabled.`)
}
