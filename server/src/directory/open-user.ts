import { consoleRoles, paneRoles } from '@countersign/contract/staff.ts'
import type { UserPane } from '@countersign/contract/users.ts'
import { deny } from '../access/deny.ts'
import { actorOf, hasRole } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { Refusal } from '../errors.ts'
import { askerOf, type LookUpCtx, lookUp, noteUnread } from './look-up.ts'
import { findTenant } from './mirror.ts'
import { nameRows } from './rows.ts'

type Input = { user_id: string; ticket?: string }

/** An approver without the console sees whom a request is about, and nobody else (X5). */
const isConcerned = async ({ store, principal }: LookUpCtx, userId: string): Promise<boolean> => {
  if (hasRole(principal, consoleRoles)) return true
  const request = await store.db
    .selectFrom('action_requests')
    .select('id')
    .where('target_kind', '=', 'user')
    .where('target_id', '=', userId)
    .where('approvals_needed', '>', 0)
    .limit(1)
    .executeTakeFirst()
  return request !== undefined
}

/** Opens the pane of a user: read-only, asked of the product now, and on the record before anything of it is shown. */
export const openUser = verb({
  name: 'open a user',
  may: paneRoles,
  async run(ctx: LookUpCtx, input: Input): Promise<UserPane> {
    const { principal, connector, journal } = ctx
    const attempt = {
      action: 'CONSOLE.OPENED',
      target: { kind: 'user', id: input.user_id },
      ...(input.ticket === undefined ? {} : { ticket: input.ticket }),
    } as const
    if (!(await isConcerned(ctx, input.user_id)))
      throw deny(new Refusal('not_found'), { ...attempt, actor: actorOf(principal), note: 'no request is about this user' })
    const { user, account, factors, sessions } = await lookUp(ctx, attempt, () => connector.findUser(input.user_id, askerOf(principal)))
    const unread = noteUnread([...account.unreadable, ...factors.unreadable, ...sessions.unreadable])
    const { tenant, event } = await transact(ctx, async (tx) => ({
      tenant: await findTenant(tx, user.tenant_id),
      event: await journal.recordTimed(tx, {
        ...attempt,
        result: 'ok',
        actor: actorOf(principal),
        tenant_id: user.tenant_id,
        target: { kind: 'user', id: user.id, label: user.email },
        ...(unread.unreadable === undefined ? {} : { details: unread }),
      }),
    }))
    const { id, email, name, roles } = principal
    return {
      user,
      tenant: tenant ?? null,
      account: account.items[0] ?? null,
      factors: factors.items,
      sessions: sessions.items,
      unreadable: {
        account: nameRows(account.unreadable),
        factors: nameRows(factors.unreadable),
        sessions: nameRows(sessions.unreadable),
      },
      opened: {
        event_id: event.id,
        by: { id, email, name, roles },
        at: event.occurred_at,
        ticket: input.ticket ?? null,
        read_only: true,
        break_glass: false,
      },
    }
  },
})
