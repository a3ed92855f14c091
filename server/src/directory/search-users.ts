import { consoleRoles } from '@countersign/contract/staff.ts'
import type { FoundUsers, SearchUsers, User } from '@countersign/contract/users.ts'
import type { Transaction } from 'kysely'
import { actorOf } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import type { Tables } from '../store/tables.ts'
import { askerOf, type LookUpCtx, lookUp, noteUnread } from './look-up.ts'
import { nameRows, type Rows } from './rows.ts'

/** Records who was shown, to each tenant its own; returns the names of the tenants. */
const recordFound = async (
  tx: Transaction<Tables>,
  { principal, journal }: LookUpCtx,
  query: string,
  { items: users, unreadable }: Rows<User>,
): Promise<Map<string, string>> => {
  const actor = actorOf(principal)
  const byTenant = Map.groupBy(users, (user) => user.tenant_id)
  const searched = await journal.record(tx, {
    action: 'USER.SEARCHED',
    result: 'ok',
    actor,
    details: { query, count: users.length, user_ids: users.map((user) => user.id), ...noteUnread(unreadable) },
  })
  if (users.length === 0) return new Map()
  const rows = await tx
    .selectFrom('tenants')
    .select(['id', 'name'])
    .where('id', 'in', [...byTenant.keys()])
    .execute()
  const known = new Map(rows.map(({ id, name }) => [id, name]))
  await journal.recordAll(
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
}

/**
 * Looks users up over all tenants, best match first. The search is one event with what was asked; each tenant of which
 * somebody is shown has one more, with its own users alone: the text of the search may speak of another tenant's.
 */
export const searchUsers = verb({
  name: 'search for users',
  may: consoleRoles,
  async run(ctx: LookUpCtx, input: SearchUsers): Promise<FoundUsers> {
    const { query, limit } = input
    const attempt = { action: 'USER.SEARCHED', details: { query } } as const
    const found = await lookUp(ctx, attempt, () => ctx.connector.searchUsers(query, limit, askerOf(ctx.principal)))
    const names = await transact(ctx, (tx) => recordFound(tx, ctx, query, found))
    return {
      items: found.items.map((user) => ({ ...user, tenant_name: names.get(user.tenant_id) ?? null })),
      unreadable: nameRows(found.unreadable),
    }
  },
})
