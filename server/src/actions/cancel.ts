import type { ActionRequest } from '@countersign/contract/action-requests.ts'
import { allowedIn } from '@countersign/contract/action-requests.ts'
import { actionRoles } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import type { Ctx } from '../access/ctx.ts'
import type { StaffPrincipal } from '../access/principal.ts'
import { transact } from '../access/transact.ts'
import { verb } from '../access/verb.ts'
import { Refusal } from '../errors.ts'
import { recordOf } from './record-of.ts'
import { requireRequest } from './row.ts'

/** Takes a request of one's own back, as long as it is not being carried out. Another's is not found. */
export const cancelRequest = verb({
  name: 'cancel a request',
  may: actionRoles,
  async run(ctx: Ctx<StaffPrincipal>, id: string): Promise<ActionRequest> {
    await transact(ctx, async (tx) => {
      const { rows } = await sql<{ state: string; cancelled: boolean }>`
        with found as (select id, state from action_requests where id = ${id} and requester_id = ${ctx.principal.id} for update),
        cancelled as (
          update action_requests a set state = 'cancelled', state_at = clock_timestamp() from found f
          where a.id = f.id and f.state = any(${[...allowedIn.cancel]}::text[]) and a.expires_at > clock_timestamp()
          returning a.id
        )
        select f.state, c.id is not null as cancelled from found f left join cancelled c on c.id = f.id`.execute(tx)
      const row = rows[0]
      if (!row) throw new Refusal('not_found')
      if (!row.cancelled) throw new Refusal('conflict', { detail: `The request is ${row.state}, or has expired.` })
      await recordOf(tx, ctx, id, { action: 'ACTION.CANCELLED', result: 'ok' })
    })
    return await requireRequest(ctx.store.db, id)
  },
})
