import type { EventFilters, LoggedEvent, LogStatus } from '@countersign/contract/events.ts'
import { auditRoles } from '@countersign/contract/staff.ts'
import { verb } from '../access/verb.ts'
import { recordRead } from '../audit/read.ts'
import { tailEvents } from '../audit/tail.ts'
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
  named: ({ filters: { tenant_id, session_id } }: Input) => ({ tenant_id, session_id }),
  async run(ctx: FollowCtx, { filters, after, resumed, proof }: Input): Promise<Followed> {
    const { size } = await ctx.logStatus()
    const from = Math.min(after ?? size - 1, size - 1)
    await recordRead(ctx, readerOf(ctx.principal), filters, resumed ? { after: from } : undefined)
    return { from, events: (signal) => tailEvents(ctx.store, filters, from, signal, { proof }) }
  },
})
