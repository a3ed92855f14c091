import { consoleRoles } from '@countersign/contract/staff.ts'
import type { Tenant } from '@countersign/contract/tenants.ts'
import type { Ctx } from '../access/ctx.ts'
import { miss } from '../access/deny.ts'
import { actorOf, type StaffPrincipal } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { findTenant } from './mirror.ts'

/** Opens a tenant's page; the tenant sees that it was opened. A deleted tenant is shown as deleted: its history stays. */
export const getTenant = verb({
  name: 'open a tenant',
  may: consoleRoles,
  named: (tenantId: string) => ({ tenant_id: tenantId }),
  run: async (ctx: Ctx<StaffPrincipal>, tenantId: string): Promise<Tenant> =>
    await transact(ctx, async (tx) => {
      const opened = { action: 'TENANT.OPENED', actor: actorOf(ctx.principal) } as const
      const found = await findTenant(tx, tenantId)
      if (!found) {
        const attempt = { ...opened, target: { kind: 'tenant', id: tenantId }, note: 'no such tenant in the directory' } as const
        throw miss(attempt)
      }
      const target = { kind: 'tenant', id: found.id, label: found.name } as const
      await ctx.journal.record(tx, { ...opened, result: 'ok', tenant_id: found.id, target })
      return found
    }),
})
