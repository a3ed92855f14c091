import type { EventPage, ListEvents, ListTenantEvents } from '@countersign/contract/events.ts'
import { auditRoles } from '@countersign/contract/staff.ts'
import type { z } from 'zod'
import type { Ctx } from '../access/ctx.ts'
import { actorOf, type StaffPrincipal, type TenantPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import { parseCursor } from '../audit/cursor.ts'
import { listEvents, listTenantEvents } from '../audit/list.ts'
import { type Continuation, namedBy, type Reader, type Reads, recordRead } from '../audit/read.ts'

/** Staff read the log: on the log, once per read. */
export type ReadCtx = Ctx<StaffPrincipal> & { reads: Reads }

export const readerOf = (staff: StaffPrincipal): Reader => ({ actor: actorOf(staff), sign_in: staff.session_id })

/** Events for staff who may read all of them. */
export const readEvents = verb({
  name: 'read events',
  may: auditRoles,
  named: ({ tenant_id, session_id }: ListEvents) => namedBy({ tenant_id, session_id }),
  async run(ctx: ReadCtx, { cursor, limit, proof, order, after, ...filters }: ListEvents): Promise<EventPage> {
    const page = await listEvents(ctx.store, filters, { cursor, limit, proof, order, after })
    await recordRead(ctx, readerOf(ctx.principal), filters, continuationOf({ cursor, order, after }))
    return page
  },
})

const continuationOf = ({ cursor, order, after }: Pick<ListEvents, 'cursor' | 'order' | 'after'>): Continuation | undefined => {
  if (cursor === undefined) return after === undefined ? undefined : { after }
  return order === 'asc' ? { after: parseCursor(cursor) } : { before: parseCursor(cursor) }
}

/** A tenant's own events, for its key. */
export const readTenantEvents = verb({
  name: "read the tenant's events",
  may: { permission: 'audit:read' },
  run: async (
    { store, principal }: Ctx<TenantPrincipal>,
    { cursor, limit, proof, order, after, ...filters }: z.output<typeof ListTenantEvents>,
  ): Promise<EventPage> => await listTenantEvents(store, principal.tenant_id, filters, { cursor, limit, proof, order, after }),
})
