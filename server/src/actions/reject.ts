import { type ActionRequest, RejectRequest } from '@countersign/contract/action-requests.ts'
import { actions } from '@countersign/contract/actions.ts'
import { approverRoles } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import { deny } from '../access/deny.ts'
import { parse } from '../access/parse.ts'
import { actorOf } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { Refusal } from '../errors.ts'
import { lockRequest, refusedDecision, requireDecidable } from './approve.ts'
import type { JudgeCtx } from './needs.ts'
import { recordOf } from './record-of.ts'
import { requireRequest } from './row.ts'

/** Says no, with a reason, which the requester and the tenant see. One no is enough. */
export const rejectRequest = verb({
  name: 'reject',
  may: approverRoles,
  async run(ctx: JudgeCtx, { id, body }: { id: string; body: unknown }): Promise<ActionRequest> {
    await transact(ctx, async (tx) => {
      const row = await lockRequest(tx, id)
      const event = actions[row.action].events.rejected
      try {
        const { reason } = parse(RejectRequest, body, { reason: 'reason_too_short' })
        requireDecidable(ctx, row)
        const { principal } = ctx
        const inserted = await tx
          .insertInto('action_decisions')
          .values({
            request_id: id,
            requester_id: row.requester_id,
            staff_id: principal.id,
            decision: 'rejected',
            passkey_id: null,
            reason,
          })
          .onConflict((conflict) => conflict.columns(['request_id', 'staff_id']).doNothing())
          .returning('request_id')
          .executeTakeFirst()
        if (!inserted) throw new Refusal('conflict', { detail: 'You have approved it already.' })
        await sql`update action_requests set state = 'rejected', state_at = clock_timestamp() where id = ${id}`.execute(tx)
        await recordOf(tx, ctx, id, { action: event, result: 'ok', actor: actorOf(principal), reason })
      } catch (error) {
        if (!(error instanceof Refusal) || error.status >= 500) throw error
        throw deny(error, refusedDecision(ctx, row, id, event))
      }
    })
    return await requireRequest(ctx.store.db, id)
  },
})
