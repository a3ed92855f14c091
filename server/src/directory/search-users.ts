import { consoleRoles } from '@countersign/contract/staff.ts'
import type { FoundUser, SearchUsers } from '@countersign/contract/users.ts'
import { actorOf, type Principal, requireRole } from '../identity/principal.ts'
import { transaction } from '../store/transaction.ts'
import { askerOf, type LookUpNeeds, lookUp } from './look-up.ts'

/**
 * Looks users up over all tenants, best match first. The search is one event with what was asked; each tenant of which
 * somebody is shown has one more, with its own users alone: the text of the search may speak of another tenant's.
 */
export const searchUsers = async (needs: LookUpNeeds, principal: Principal, input: SearchUsers): Promise<{ items: FoundUser[] }> => {
  requireRole(principal, consoleRoles)
  const query = input.query.toWellFormed()
  const attempt = { action: 'USER.SEARCHED', details: { query } } as const
  const users = await lookUp(needs, principal, attempt, () => needs.connector.searchUsers(query, input.limit, askerOf(principal)))
  const byTenant = Map.groupBy(users, (user) => user.tenant_id)
  const names = await transaction(needs.store, async (tx) => {
    const actor = actorOf(principal)
    const searched = await needs.journal.record(tx, {
      action: 'USER.SEARCHED',
      result: 'ok',
      actor,
      details: { query, count: users.length, user_ids: users.map((user) => user.id) },
    })
    if (users.length === 0) return new Map<string, string>()
    const rows = await tx
      .selectFrom('tenants')
      .select(['id', 'name'])
      .where('id', 'in', [...byTenant.keys()])
      .execute()
    const known = new Map(rows.map(({ id, name }) => [id, name]))
    await needs.journal.recordAll(
      tx,
      [...byTenant].map(([tenantId, found]) => ({
        action: 'USER.FOUND',
        result: 'ok',
        actor,
        tenant_id: tenantId,
        target: { kind: 'tenant', id: tenantId, ...(known.has(tenantId) ? { label: known.get(tenantId) } : {}) },
        details: { search: searched, count: found.length, user_ids: found.map((user) => user.id) },
      })),
    )
    return known
  })
  return { items: users.map((user) => ({ ...user, tenant_name: names.get(user.tenant_id) ?? null })) }
}
