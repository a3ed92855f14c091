import { consoleRoles } from '@countersign/contract/staff.ts'
import type { UserPage } from '@countersign/contract/users.ts'
import { actorOf } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { unwrapCursor, wrapCursor } from './cursor.ts'
import { askerOf, type LookUpCtx, lookUp, noteUnread } from './look-up.ts'
import { findTenant } from './mirror.ts'
import { nameRows } from './rows.ts'

type Input = { tenant_id: string; cursor?: string; limit: number }

/** A tenant's users, asked of the product now. The tenant sees that they were listed, before anybody sees them. */
export const listTenantUsers = verb({
  name: "list a tenant's users",
  may: consoleRoles,
  named: ({ tenant_id }: Input) => ({ tenant_id }),
  async run(ctx: LookUpCtx, input: Input): Promise<UserPage> {
    const { principal, connector, store, journal } = ctx
    const cursor = input.cursor === undefined ? undefined : unwrapCursor(input.cursor)
    const tenant = await findTenant(store.db, input.tenant_id)
    const attempt = {
      action: 'TENANT.USERS.LISTED',
      target: { kind: 'tenant', id: input.tenant_id, ...(tenant ? { label: tenant.name } : {}) },
      ...(tenant ? { tenant_id: tenant.id } : {}),
    } as const
    const page = await lookUp(ctx, attempt, async () =>
      tenant
        ? connector.listTenantUsers(tenant.id, { limit: input.limit, ...(cursor === undefined ? {} : { cursor }) }, askerOf(principal))
        : undefined,
    )
    const { items, unreadable } = page
    const answer = { items, next_cursor: wrapCursor(page.next_cursor), unreadable: nameRows(unreadable) }
    const details = { count: items.length, user_ids: items.map(({ id }) => id), ...noteUnread(unreadable) }
    await transact(ctx, (tx) => journal.record(tx, { ...attempt, result: 'ok', actor: actorOf(principal), details }))
    return answer
  },
})
