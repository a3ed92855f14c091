import { z } from 'zod'

export const weeksMaximum = 26

export const ReadInsights = z.strictObject({
  weeks: z.coerce.number().int().min(1).max(weeksMaximum).default(12).describe('How many weeks, the current one included'),
})
export type ReadInsights = z.infer<typeof ReadInsights>

const count = z.number().int().nonnegative()
const minutes = z.number().nonnegative().nullable()

/** Weeks begin on Monday, 00:00 UTC. Each number counts events of the log, and can be counted again there. */
export const InsightWeek = z.object({
  from: z.iso.datetime().describe('When the week begins'),
  to: z.iso.datetime().describe('When the next one does'),
  opened_on_tenant: count.describe('SUPPORT_SESSION.CREATED'),
  opened_on_user: count.describe('IMPERSONATE.STARTED'),
  avoided: count.describe('SUPPORT_SESSION.AVOIDED'),
  median_minutes: minutes.describe('How long sessions ran that were opened in the week and are over; null where there is none'),
  denied: count.describe('Attempts at a session, an action or an approval that were refused'),
  decided: count.describe('Requests for an approval that were asked for in the week and have been decided'),
  median_decision_minutes: minutes.describe('From the request to the last decision on it; null where there is none'),
  reasons: z
    .array(z.object({ reason: z.string(), count }))
    .describe('Why most of the sessions were opened, as far as the reasons have not been erased'),
})
export type InsightWeek = z.infer<typeof InsightWeek>

export const Insights = z
  .object({
    as_of: z.iso.datetime(),
    weeks: z.array(InsightWeek).describe('The oldest first, without gaps'),
    gates: z
      .array(z.object({ gate: z.string().describe('The gate, or the error code where it was something else'), counts: z.array(count) }))
      .describe('What the refused attempts lacked, by week; an attempt may lack several. Most frequent first'),
  })
  .meta({ id: 'Insights' })
export type Insights = z.infer<typeof Insights>
