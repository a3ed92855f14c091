import type { EventFilters, LoggedEvent, LogStatus } from '@countersign/contract/events.ts'
import { auditRoles } from '@countersign/contract/staff.ts'
import type { Ctx } from '../access/ctx.ts'
import type { TenantPrincipal } from '../access/principal.ts'
import { verb } from '../access/verb.ts'
import { namedBy, recordRead } from '../audit/read.ts'
import { tailEvents } from '../audit/tail.ts'
import { readLogSize } from '../audit/tree-reader.ts'
import { type ReadCtx, readerOf } from './read.ts'

export type FollowCtx = ReadCtx & { logStatus: () => Promise<LogStatus> }

type Input = {
  filters: EventFilters
  /** Log index to go on from; undefined for now. */
  after: number | undefined
  /** Whether a stream that was seen is taken up again. */
  resumed: boolean
  proof?: boolean | undefined
}

type Followed = {
  /** The log index after which it begins. */
  from: number
  events(signal: AbortSignal): AsyncGenerator<LoggedEvent, void, undefined>
}

/** Events as they enter the log. */
export const followEvents = verb({
  name: 'follow events',
  may: auditRoles,
  named: ({ filters }: Input) => namedBy(filters),
  async run(ctx: FollowCtx, { filters, after, resumed, proof }: Input): Promise<Followed> {
    const { size } = await ctx.logStatus()
    const from = Math.min(after ?? size - 1, size - 1)
    await recordRead(ctx, readerOf(ctx.principal), filters, resumed ? { after: from } : undefined)
    return { from, events: (signal) => tailEvents(ctx.store, filters, from, signal, { proof }) }
  },
})

/** A tenant's own events as they enter the log, for its key. */
export const followTenantEvents = verb({
  name: "follow the tenant's events",
  may: { permission: 'audit:read' },
  async run({ store, principal }: Ctx<TenantPrincipal>, { filters, after, proof }: Omit<Input, 'resumed'>): Promise<Followed> {
    const size = await readLogSize(store)
    const from = Math.min(after ?? size - 1, size - 1)
    const how = { proof, tenantId: principal.tenant_id }
    return { from, events: (signal) => tailEvents(store, filters, from, signal, how) }
  },
})
