import { type ActionRequest, type ActionRequestPage, ListActionRequests } from '@countersign/contract/action-requests.ts'
import { actionNames } from '@countersign/contract/actions.ts'
import { actionRoles, approverRoles, type Role } from '@countersign/contract/staff.ts'
import { type RawBuilder, sql } from 'kysely'
import type { z } from 'zod'
import type { Ctx } from '../access/ctx.ts'
import { parse } from '../access/parse.ts'
import { formatPlace, parsePlace } from '../access/place.ts'
import type { StaffPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import { Refusal } from '../errors.ts'
import type { Policy } from '../policy/compile.ts'
import { getRequest, selectRequests, sqlState } from './row.ts'

type ListCtx = Ctx<StaffPrincipal> & { policy: Policy }

/** Requests of others that wait, of actions which this person's approval counts for, and which they have not signed yet. */
const waitingFor = ({ principal, policy }: ListCtx): RawBuilder<unknown> => {
  const mine = actionNames.filter((action) => policy.table[action].approvers.some((role) => principal.roles.includes(role)))
  return sql`a.requester_id <> ${principal.id} and ${sqlState} = 'pending' and a.action = any(${mine}::text[])
    and not exists (select from action_decisions d where d.request_id = a.id and d.staff_id = ${principal.id})`
}

/** An approver sees everybody's; others their own. */
const isApprover = ({ principal }: ListCtx): boolean => principal.roles.some((role) => (approverRoles as readonly Role[]).includes(role))

const isVisible = (ctx: ListCtx): RawBuilder<unknown> => (isApprover(ctx) ? sql`true` : sql`a.requester_id = ${ctx.principal.id}`)

const viewOf = (ctx: ListCtx, view: ListActionRequests['view']): RawBuilder<unknown> => {
  if (view === 'waiting') return waitingFor(ctx)
  if (view === 'mine') return sql`a.requester_id = ${ctx.principal.id}`
  return sql`a.approvals_needed > 0 and ${sqlState} <> 'pending'`
}

/** Requests, the newest first, and how many wait for this person. */
export const listRequests = verb({
  name: 'list requests',
  may: actionRoles,
  parse: (raw: z.input<typeof ListActionRequests>) => parse(ListActionRequests, raw),
  async run(ctx: ListCtx, { view, target_id, cursor, limit }): Promise<ActionRequestPage> {
    const conditions = [isVisible(ctx), viewOf(ctx, view)]
    if (target_id !== undefined) conditions.push(sql`a.target_id = ${target_id}`)
    if (cursor !== undefined) {
      const [at, id] = parsePlace(cursor)
      conditions.push(sql`(a.created_at, a.id) < (${at}::timestamptz, ${id})`)
    }
    const { db } = ctx.store
    const found = await selectRequests(db, sql.join(conditions, sql` and `), limit + 1)
    const page = found.slice(0, limit)
    const last = page.at(-1)
    const { rows } = await sql<{
      waiting: number
    }>`select count(*)::int as waiting from action_requests a where ${waitingFor(ctx)}`.execute(db)
    return {
      items: page.map(({ request }) => request),
      next_cursor: found.length > limit && last ? formatPlace([last.created_us, last.request.id]) : null,
      waiting: rows[0]?.waiting ?? 0,
    }
  },
})

/** One request. Another's is not found by those who neither asked nor approve. */
export const findRequest = verb({
  name: 'see a request',
  may: actionRoles,
  async run(ctx: ListCtx, id: string): Promise<ActionRequest> {
    const request = await getRequest(ctx.store.db, id)
    if (!request || (request.requester.id !== ctx.principal.id && !isApprover(ctx))) throw new Refusal('not_found')
    return request
  },
})
