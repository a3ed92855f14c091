import { consoleRoles } from '@countersign/contract/staff.ts'
import type { ReadTenantDetails } from '@countersign/contract/tenants.ts'
import { actorOf } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { askerOf, type LookUpCtx, lookUp } from './look-up.ts'
import { findTenant } from './mirror.ts'

/**
 * What a call needs to know of a tenant beside what is mirrored, asked of the product now and kept nowhere. Where people of the tenant
 * are named, it is on the record like every list of its users.
 */
export const readTenantDetails = verb({
  name: "read a tenant's details",
  may: consoleRoles,
  named: (tenantId: string) => ({ tenant_id: tenantId }),
  async run(ctx: LookUpCtx, tenantId: string): Promise<ReadTenantDetails> {
    const { connector, principal, store, journal } = ctx
    const tenant = await findTenant(store.db, tenantId)
    const target = { kind: 'tenant', id: tenantId, ...(tenant ? { label: tenant.name } : {}) } as const
    const attempt = { action: 'TENANT.USERS.LISTED', target, ...(tenant ? { tenant_id: tenant.id } : {}) } as const
    const details = await lookUp(ctx, attempt, async () => {
      if (!tenant) return undefined
      if (!(await connector.features()).includes('tenant_details')) return null
      return await connector.findTenantDetails(tenant.id, askerOf(principal))
    })
    const shown = details?.authorizers ?? []
    if (shown.length > 0) {
      const named = shown.flatMap(({ id }) => (id === null ? [] : [id]))
      await transact(ctx, (tx) =>
        journal.record(tx, {
          ...attempt,
          result: 'ok',
          actor: actorOf(principal),
          details: { count: shown.length, user_ids: named, authorizers: true },
        }),
      )
    }
    return { details }
  },
})
