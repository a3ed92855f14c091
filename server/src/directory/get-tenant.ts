import { consoleRoles } from '@countersign/contract/staff.ts'
import type { Tenant } from '@countersign/contract/tenants.ts'
import type { Journal } from '../audit/record.ts'
import { Refusal } from '../errors.ts'
import { actorOf, type Principal, requireRole } from '../identity/principal.ts'
import type { Store } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import { findTenant } from './mirror.ts'

type Needs = { store: Store; journal: Journal }

/** Opens a tenant's page; the tenant sees that it was opened. A deleted tenant is shown as deleted: its history stays. */
export const getTenant = async (needs: Needs, principal: Principal, tenantId: string): Promise<Tenant> => {
  requireRole(principal, consoleRoles)
  const tenant = await transaction(needs.store, async (tx) => {
    const found = await findTenant(tx, tenantId)
    const event = { action: 'TENANT.OPENED', actor: actorOf(principal) } as const
    if (found) {
      await needs.journal.record(tx, {
        ...event,
        result: 'ok',
        tenant_id: found.id,
        target: { kind: 'tenant', id: found.id, label: found.name },
      })
    } else {
      await needs.journal.record(tx, {
        ...event,
        result: 'deny',
        target: { kind: 'tenant', id: tenantId },
        code: 'not_found',
        note: 'no such tenant in the directory',
      })
    }
    return found
  })
  if (tenant === undefined) throw new Refusal('not_found')
  return tenant
}
