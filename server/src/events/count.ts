import type { CountEvents, CountTenantEvents, EventCount } from '@countersign/contract/events.ts'
import { auditRoles } from '@countersign/contract/staff.ts'
import type { z } from 'zod'
import type { Ctx } from '../access/ctx.ts'
import type { TenantPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import { countEvents, countTenantEvents } from '../audit/count.ts'
import { namedBy, recordRead } from '../audit/read.ts'
import { type ReadCtx, readerOf } from './read.ts'

/** How many events match, for staff who may read all of them: on the log like a read, where the same was not read before. */
export const countAll = verb({
  name: 'count events',
  may: auditRoles,
  named: ({ tenant_id, session_id }: CountEvents) => namedBy({ tenant_id, session_id }),
  async run(ctx: ReadCtx, { exact, ...filters }: CountEvents): Promise<EventCount> {
    const counted = await countEvents(ctx.store, filters, exact)
    await recordRead(ctx, readerOf(ctx.principal), filters, { before: counted.size })
    return counted
  },
})

/** How many of a tenant's own events match, for its key. */
export const countOfTenant = verb({
  name: "count the tenant's events",
  may: { permission: 'audit:read' },
  run: async ({ store, principal }: Ctx<TenantPrincipal>, { exact, ...filters }: z.output<typeof CountTenantEvents>): Promise<EventCount> =>
    await countTenantEvents(store, principal.tenant_id, filters, exact),
})
