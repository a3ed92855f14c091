import { consoleRoles } from '@countersign/contract/staff.ts'
import type { UserPage } from '@countersign/contract/users.ts'
import { actorOf, type Principal, requireRole } from '../identity/principal.ts'
import { transaction } from '../store/transaction.ts'
import { unwrapCursor, wrapCursor } from './cursor.ts'
import { askerOf, type LookUpNeeds, lookUp } from './look-up.ts'
import { findTenant } from './mirror.ts'

type Input = { tenant_id: string; cursor?: string; limit: number }

/** A tenant's users, asked of the product now. The tenant sees that they were listed, before anybody sees them. */
export const listTenantUsers = async (needs: LookUpNeeds, principal: Principal, input: Input): Promise<UserPage> => {
  requireRole(principal, consoleRoles)
  const cursor = input.cursor === undefined ? undefined : unwrapCursor(input.cursor)
  const tenant = await findTenant(needs.store.db, input.tenant_id)
  const attempt = {
    action: 'TENANT.USERS.LISTED',
    target: { kind: 'tenant', id: input.tenant_id, ...(tenant ? { label: tenant.name } : {}) },
    ...(tenant ? { tenant_id: tenant.id } : {}),
  } as const
  const page = await lookUp(needs, principal, attempt, async () =>
    tenant
      ? needs.connector.listTenantUsers(tenant.id, { limit: input.limit, ...(cursor === undefined ? {} : { cursor }) }, askerOf(principal))
      : undefined,
  )
  const answer = { items: page.items, next_cursor: wrapCursor(page.next_cursor) }
  await transaction(needs.store, (tx) =>
    needs.journal.record(tx, { ...attempt, result: 'ok', actor: actorOf(principal), details: { count: answer.items.length } }),
  )
  return answer
}
