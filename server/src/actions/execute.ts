import type { ActionRequest } from '@countersign/contract/action-requests.ts'
import type { ActionName } from '@countersign/contract/actions.ts'
import { roles } from '@countersign/contract/staff.ts'
import { sql, type Transaction } from 'kysely'
import type { Base } from '../access/ctx.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { Refusal } from '../errors.ts'
import type { Tables } from '../store/tables.ts'
import { claimApproved } from './claim.ts'
import { extendApproved, isOfExtension } from './extend-approved.ts'
import type { ActionCtx, ActionNeeds } from './needs.ts'
import { perform } from './perform.ts'
import { recordOf } from './record-of.ts'
import { findVoid } from './revalidate.ts'
import { getRequest, requireRequest } from './row.ts'

export const voidRequest = async (tx: Transaction<Tables>, ctx: Pick<Base, 'journal'>, id: string, why: string): Promise<void> => {
  const { rows } = await sql`
    update action_requests set state = 'void', state_at = clock_timestamp(), note = ${why}
    where id = ${id} and state = 'approved' and expires_at > clock_timestamp() returning id`.execute(tx)
  if (rows.length > 0) await recordOf(tx, ctx, id, { action: 'ACTION.VOIDED', result: 'error', code: 'approval_void', note: why })
}

/** Refuses a request that cannot be carried out now. That it is approved is found out again when it is claimed. */
export const requireApproved = async ({ store }: Base, id: string): Promise<void> => {
  const { rows } = await sql<{ state: string; over: boolean }>`
    select state, expires_at <= clock_timestamp() as over from action_requests where id = ${id}`.execute(store.db)
  const row = rows[0]
  if (!row) throw new Refusal('not_found')
  if (row.over && ['pending', 'approved'].includes(row.state)) throw new Refusal('request_expired')
  if (row.state !== 'approved') throw new Refusal('conflict', { detail: `The request is ${row.state}.` })
}

/** Why a request could not be claimed: somebody else was first, or its time ran out meanwhile. */
export const refuseState = async (base: Base, id: string): Promise<never> => {
  await requireApproved(base, id)
  throw new Refusal('conflict')
}

/**
 * Carries an approved request out: what it stands on is looked at again, it is taken once, the intent is durable, then the product is
 * asked. What does not hold any more makes it void.
 */
export const executeRequest = async (ctx: Base & ActionNeeds, id: string): Promise<void> => {
  await requireApproved(ctx, id)
  const why = await findVoid(ctx, id)
  if (why !== undefined) {
    await transact(ctx, (tx) => voidRequest(tx, ctx, id, why))
    throw new Refusal('approval_void', { detail: why })
  }
  if (await isOfExtension(ctx, id)) return await performExtension(ctx, id)
  const isMine = await transact(ctx, async (tx) => {
    const claimed = await claimApproved(tx, id)
    if (claimed) await recordOf(tx, ctx, id, { action: 'ACTION.STARTED', result: 'ok' })
    return claimed
  })
  if (!isMine) return refuseState(ctx, id)
  await perform(ctx, id)
}

/** What is done here and not by the product is one transaction: done, or void where the session does not allow it any more. */
const performExtension = async (ctx: Base & ActionNeeds, id: string): Promise<void> => {
  try {
    const isMine = await transact(ctx, (tx) => extendApproved(tx, ctx, id))
    if (!isMine) return await refuseState(ctx, id)
  } catch (error) {
    if (!(error instanceof Refusal) || error.status >= 500 || error.code === 'conflict') throw error
    await transact(ctx, (tx) => voidRequest(tx, ctx, id, error.message))
    throw new Refusal('approval_void', { detail: error.message })
  }
}

/** Sessions are opened when their requester claims the token, and by nobody else. */
export const isClaimed = (action: ActionName): boolean => action === 'impersonate' || action === 'open_session'

/** The requester's own click, where approved requests do not run by themselves. Another's is not found (A41). */
export const executeApproved = verb({
  name: 'carry out a request',
  may: roles,
  async run(ctx: ActionCtx, id: string): Promise<ActionRequest> {
    const before = await getRequest(ctx.store.db, id)
    if (!before || before.requester.id !== ctx.principal.id) throw new Refusal('not_found')
    if (isClaimed(before.action)) throw new Refusal('invalid_request', { detail: 'A session is claimed by POST /api/sessions.' })
    await executeRequest(ctx, id)
    return await requireRequest(ctx.store.db, id)
  },
})
