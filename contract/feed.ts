import { z } from 'zod'
import { EventFilters } from './events.ts'
import { TenantId } from './ids.ts'
import { Reason } from './text.ts'

/** What an event is written as. */
export const feedFormats = ['countersign', 'ocsf', 'ecs', 'cef'] as const
export const FeedFormat = z.enum(feedFormats)
export type FeedFormat = z.infer<typeof FeedFormat>

const index = z.number().int().nonnegative()

/** An event that a destination refuses for what it is; all others went on. */
export const ParkedEvent = z
  .object({
    log_index: index,
    event_id: z.string(),
    why: z.string().describe('What the destination answered, in our words'),
    parked_at: z.iso.datetime(),
  })
  .meta({ id: 'ParkedEvent' })
export type ParkedEvent = z.infer<typeof ParkedEvent>

/** How delivery to one destination goes. */
export const DestinationState = z
  .object({
    name: z.string(),
    type: z.string(),
    address: z.string().describe('Where it goes, without secrets'),
    content: z.enum(['events', 'receipts', 'approvals', 'revocations']).describe('What it is sent'),
    format: FeedFormat.nullable().describe('Null where it is not the events'),
    filter: EventFilters,
    tenant_id: TenantId.optional(),
    state: z
      .enum(['delivering', 'up_to_date', 'retrying', 'refusing'])
      .describe('retrying: it does not answer; refusing: it refuses one event after the other, so none is passed over any more'),
    next_index: index.describe('Place in the log from which it goes on'),
    log_size: index,
    behind: index.describe('Entries of the log that were not looked at yet'),
    behind_since: z.iso.datetime().nullable().describe('Instant of the first of them'),
    delivered: index.describe('Events that it took'),
    delivered_at: z.iso.datetime().nullable().describe('When it last took one'),
    error: z.object({ sentence: z.string(), at: z.iso.datetime(), failures: z.number().int() }).nullable(),
    parked: z.array(ParkedEvent).describe('The newest twenty'),
    parked_count: index,
  })
  .meta({ id: 'DestinationState' })
export type DestinationState = z.infer<typeof DestinationState>

export const DestinationList = z.object({ items: z.array(DestinationState) }).meta({ id: 'DestinationList' })
export type DestinationList = z.infer<typeof DestinationList>

export const ReplayDestination = z.strictObject({
  from_index: index.describe('Place in the log from which everything is sent again'),
  reason: Reason,
})
export type ReplayDestination = z.infer<typeof ReplayDestination>

export const DestinationTest = z
  .object({ ok: z.boolean(), sentence: z.string().describe('What came of it'), took_ms: z.number() })
  .meta({ id: 'DestinationTest' })
export type DestinationTest = z.infer<typeof DestinationTest>
