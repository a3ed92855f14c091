import { consoleRoles } from '@countersign/contract/staff.ts'
import type { UserPane } from '@countersign/contract/users.ts'
import { actorOf, type Principal, requireRole } from '../identity/principal.ts'
import { transaction } from '../store/transaction.ts'
import { askerOf, type LookUpNeeds, lookUp } from './look-up.ts'
import { findTenant } from './mirror.ts'

type Input = { user_id: string; ticket?: string }

/** Opens the pane of a user: read-only, asked of the product now, and on the record before anything of it is shown. */
export const openUser = async (needs: LookUpNeeds, principal: Principal, input: Input): Promise<UserPane> => {
  requireRole(principal, consoleRoles)
  const attempt = {
    action: 'CONSOLE.OPENED',
    target: { kind: 'user', id: input.user_id },
    ...(input.ticket === undefined ? {} : { ticket: input.ticket }),
  } as const
  const { user, factors, sessions } = await lookUp(needs, principal, attempt, () =>
    needs.connector.findUser(input.user_id, askerOf(principal)),
  )
  const { tenant, event } = await transaction(needs.store, async (tx) => ({
    tenant: await findTenant(tx, user.tenant_id),
    event: await needs.journal.recordTimed(tx, {
      ...attempt,
      result: 'ok',
      actor: actorOf(principal),
      tenant_id: user.tenant_id,
      target: { kind: 'user', id: user.id, label: user.email },
    }),
  }))
  const { id, email, name, roles } = principal
  return {
    user,
    tenant: tenant ?? null,
    factors,
    sessions,
    opened: {
      event_id: event.id,
      by: { id, email, name, roles },
      at: event.occurred_at,
      ticket: input.ticket ?? null,
      read_only: true,
      break_glass: false,
    },
  }
}
