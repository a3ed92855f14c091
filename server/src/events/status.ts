import type { LogStatus } from '@countersign/contract/events.ts'
import { auditRoles } from '@countersign/contract/staff.ts'
import type { Ctx } from '../access/ctx.ts'
import type { StaffPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'

/** How the log stands. */
export const readStatus = verb({
  name: 'see the state of the log',
  may: auditRoles,
  run: async ({ logStatus }: Ctx<StaffPrincipal> & { logStatus: () => Promise<LogStatus> }): Promise<LogStatus> => await logStatus(),
})
