import type { Base } from '../access/ctx.ts'
import { disableStaff } from '../identity/staff/disable.ts'
import { enableStaff } from '../identity/staff/enable.ts'
import { listStaff } from '../identity/staff/list.ts'
import { endSessionsOfStaff } from '../sessions/end-of-staff.ts'
import type { Say } from './keys.ts'
import { currentOperator } from './operator.ts'
import { formatInstant, formatTable } from './table.ts'

/** `countersign staff list [--json]` */
export const runStaffList = async (base: Pick<Base, 'store'>, options: { json?: boolean }, say: Say): Promise<void> => {
  const staff = await listStaff(base)
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
export const runStaffDisable = async (base: Base, who: string, say: Say): Promise<void> => {
  const { id, disabled, ended } = await disableStaff(
    { ...base, endSessions: endSessionsOfStaff(base.journal), principal: currentOperator() },
    who,
  )
  say(disabled ? `${id} is disabled; ${ended} sign-in${ended === 1 ? '' : 's'} ended.` : `${id} was already disabled.`)
}

/** `countersign staff enable <id or e-mail>` */
export const runStaffEnable = async (base: Base, who: string, say: Say): Promise<void> => {
  const { id, enabled } = await enableStaff({ ...base, principal: currentOperator() }, who)
  say(enabled ? `${id} may sign in again.` : `${id} was not disabled.`)
}
