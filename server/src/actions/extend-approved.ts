import { type ExtensionAction, extensions } from '@countersign/contract/actions.ts'
import type { Role } from '@countersign/contract/staff.ts'
import { sql, type Transaction } from 'kysely'
import type { Base } from '../access/ctx.ts'
import { minutesFor } from '../sessions/ceiling.ts'
import { insertExtended } from '../sessions/extend.ts'
import type { Tables } from '../store/tables.ts'
import { claimApproved } from './claim.ts'
import type { ActionNeeds } from './needs.ts'

export const isOfExtension = async ({ store }: Pick<Base, 'store'>, id: string): Promise<boolean> => {
  const row = await store.db.selectFrom('action_requests').select('action').where('id', '=', id).executeTakeFirst()
  return row !== undefined && Object.hasOwn(extensions, row.action)
}

type Row = {
  action: ExtensionAction
  session_id: string
  minutes: number
  reason: string
  ticket: string | null
  policy: string
  requester: { id: string; issuer: string; subject: string; email: string; name: string }
  roles: Role[]
}

/** Extends as was approved, once, in the caller's transaction; false where somebody else was first. What the session refuses is thrown. */
export const extendApproved = async (tx: Transaction<Tables>, ctx: Base & Pick<ActionNeeds, 'config'>, id: string): Promise<boolean> => {
  if (!(await claimApproved(tx, id))) return false
  const { rows } = await sql<Row>`
    select a.action, a.parameters ->> 'session_id' as session_id, (a.parameters ->> 'ttl_minutes')::int as minutes, a.reason, a.ticket, a.policy,
      json_build_object('id', r.id, 'issuer', r.issuer, 'subject', r.subject, 'email', r.email, 'name', r.name) as requester, r.roles
    from action_requests a join staff r on r.id = a.requester_id where a.id = ${id}`.execute(tx)
  const { action, requester, roles, ticket, ...asked } = rows[0] as Row
  await insertExtended(tx, ctx.journal, {
    ...asked,
    ticket: ticket ?? undefined,
    most: minutesFor(ctx.config, roles, action === 'extend_session' ? 'tenant' : 'user'),
    actor: { kind: 'staff', ...requester },
    request_id: id,
  })
  await sql`update action_requests set state = 'done', state_at = clock_timestamp(), look_at = null where id = ${id}`.execute(tx)
  return true
}
