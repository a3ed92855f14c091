import type { LoggedEvent } from '@countersign/contract/events.ts'
import type { Receipt } from '@countersign/contract/receipts.ts'
import { auditRoles } from '@countersign/contract/staff.ts'
import { type Kysely, sql } from 'kysely'
import type { Ctx } from '../access/ctx.ts'
import type { TenantPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import { asTenant } from '../audit/as-tenant.ts'
import { discloseAll } from '../audit/disclose.ts'
import { recordRead } from '../audit/read.ts'
import { Refusal } from '../errors.ts'
import { type ReadCtx, readerOf } from '../events/read.ts'
import type { Tables } from '../store/tables.ts'
import { foldReceipt } from './fold-receipt.ts'

/** A session lives an hour at most, but an hour of requests is much: they are read a part at a time, and folded as they are. */
const partRows = 2_000

/** The account of a session, from all of its events that the log has by now. */
export const readReceipt = async (db: Kysely<Tables>, origin: string, sessionId: string): Promise<Receipt | undefined> => {
  const events: LoggedEvent[] = []
  for (let after = -1; ; ) {
    const { rows } = await sql<{ log_index: string; body: string }>`
      select entry.log_index, event.body from log_entries entry join events event on event.n = entry.event_n
      where entry.session_id = ${sessionId} and entry.log_index > ${after} and entry.category = 'support_session'
      order by entry.log_index limit ${partRows}`.execute(db)
    events.push(...(await discloseAll(db, rows)))
    const last = rows.at(-1)
    if (rows.length < partRows || !last) return foldReceipt(origin, events)
    after = Number(last.log_index)
  }
}

type ReceiptNeeds = { origin: string }

/** What the customer is told of a session, as staff see it. */
export const seeReceipt = verb({
  name: 'see a receipt',
  may: auditRoles,
  named: (sessionId: string) => ({ session_id: sessionId }),
  async run(ctx: ReadCtx & ReceiptNeeds, sessionId: string): Promise<Receipt> {
    const receipt = await readReceipt(ctx.store.db, ctx.origin, sessionId)
    if (!receipt) throw new Refusal('not_found')
    await recordRead(ctx, readerOf(ctx.principal), { session_id: sessionId })
    return receipt
  },
})

/** The same with the tenant's own key: another tenant's session is not found. */
export const seeTenantReceipt = verb({
  name: 'see a receipt of the tenant',
  may: { permission: 'audit:read' },
  async run({ store, principal, origin }: Ctx<TenantPrincipal> & ReceiptNeeds, sessionId: string): Promise<Receipt> {
    const receipt = await asTenant(store, principal.tenant_id, (tx) => readReceipt(tx, origin, sessionId))
    if (!receipt) throw new Refusal('not_found')
    return receipt
  },
})
