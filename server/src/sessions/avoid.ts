import { consoleRoles } from '@countersign/contract/staff.ts'
import type { Ctx } from '../access/ctx.ts'
import { miss } from '../access/deny.ts'
import { actorOf, type StaffPrincipal } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { findTenant } from '../directory/mirror.ts'

/** Says that a session was not needed: the tenant's health answered the question (M13). The tenant sees it, as it sees sessions. */
export const avoidSession = verb({
  name: 'avoid a session',
  may: consoleRoles,
  named: (tenantId: string) => ({ tenant_id: tenantId }),
  run: async (ctx: Ctx<StaffPrincipal>, tenantId: string): Promise<void> =>
    await transact(ctx, async (tx) => {
      const avoided = { action: 'SUPPORT_SESSION.AVOIDED', actor: actorOf(ctx.principal) } as const
      const found = await findTenant(tx, tenantId)
      if (!found) throw miss({ ...avoided, target: { kind: 'tenant', id: tenantId } })
      const target = { kind: 'tenant', id: found.id, label: found.name } as const
      await ctx.journal.record(tx, { ...avoided, result: 'ok', tenant_id: found.id, target })
    }),
})
