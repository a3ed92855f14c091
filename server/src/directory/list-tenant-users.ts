import { consoleRoles } from '@countersign/contract/staff.ts'
import type { ListTenantUsers, UserPage } from '@countersign/contract/users.ts'
import { actorOf } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { Refusal } from '../errors.ts'
import type { Narrowing } from './connector.ts'
import { unwrapCursor, wrapCursor } from './cursor.ts'
import { askerOf, type LookUpCtx, lookUp, noteUnread } from './look-up.ts'
import { findTenant } from './mirror.ts'
import { nameRows } from './rows.ts'

type Input = { tenant_id: string } & Omit<ListTenantUsers, 'order'> & Partial<Pick<ListTenantUsers, 'order'>>

const narrowingOf = ({ query, status, role, sort, order = 'asc' }: Input): Narrowing => ({
  ...(query === undefined ? {} : { query }),
  ...(status === undefined ? {} : { status }),
  ...(role === undefined ? {} : { role }),
  ...(sort === undefined ? {} : { sort, order }),
})

const notNarrowable = () =>
  new Refusal('invalid_request', { detail: "The product's connector can neither search nor sort the users of a tenant." })

/** A tenant's users, asked of the product now. The tenant sees that they were listed, before anybody sees them. */
export const listTenantUsers = verb({
  name: "list a tenant's users",
  may: consoleRoles,
  named: ({ tenant_id }: Input) => ({ tenant_id }),
  async run(ctx: LookUpCtx, input: Input): Promise<UserPage> {
    const { principal, connector, store, journal } = ctx
    const cursor = input.cursor === undefined ? undefined : unwrapCursor(input.cursor)
    const narrowing = narrowingOf(input)
    const tenant = await findTenant(store.db, input.tenant_id)
    const attempt = {
      action: 'TENANT.USERS.LISTED',
      target: { kind: 'tenant', id: input.tenant_id, ...(tenant ? { label: tenant.name } : {}) },
      ...(tenant ? { tenant_id: tenant.id } : {}),
    } as const
    const found = await lookUp(ctx, attempt, async () => {
      if (!tenant) return undefined
      const isNarrowable = (await connector.features()).includes('user_lists')
      if (!isNarrowable && Object.keys(narrowing).length > 0) return null
      const asked = { limit: input.limit, ...(cursor === undefined ? {} : { cursor }), ...narrowing }
      const page = await connector.listTenantUsers(tenant.id, asked, askerOf(principal))
      return page && { ...page, isNarrowable }
    })
    if (found === null) throw notNarrowable()
    const { items, unreadable, roles, isNarrowable } = found
    const actor = actorOf(principal)
    const shown = { count: items.length, user_ids: items.map(({ id }) => id), ...noteUnread(unreadable) }
    await transact(ctx, async (tx) => {
      // The text may speak of another tenant's users: whose list it is sees whom it found, and not the text.
      if (input.query !== undefined)
        await journal.record(tx, { action: 'USER.SEARCHED', result: 'ok', actor, details: { query: input.query, ...shown } })
      await journal.record(tx, { ...attempt, result: 'ok', actor, details: shown })
    })
    return { items, next_cursor: wrapCursor(found.next_cursor), unreadable: nameRows(unreadable), is_narrowable: isNarrowable, roles }
  },
})
