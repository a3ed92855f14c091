import { z } from 'zod'
import { EventId, SessionId, StaffId, TenantId, UserId } from './ids.ts'
import { Scope } from './scopes.ts'
import { EndedBy } from './sessions.ts'

const count = z.number().int().nonnegative()

/** Requests of a session that are alike: by method, route and how they ended. */
export const ReceiptLine = z.object({
  method: z.string(),
  route: z.string().nullable().describe('Pattern of the route; null where none matched'),
  outcome: z.enum(['completed', 'refused', 'failed', 'cut', 'unknown']),
  status: z.number().int().nullable().describe('What the product answered'),
  code: z.string().nullable().describe('Why it was refused or failed'),
  count,
})
export type ReceiptLine = z.infer<typeof ReceiptLine>

/**
 * What a customer is told of a support session after it: made from its events alone, so that whoever has the events makes the same.
 * What was erased since is left out.
 */
export const Receipt = z
  .object({
    session_id: SessionId,
    tenant_id: TenantId,
    target_user_id: UserId.nullable().describe('The user it was on; null where it was on the tenant'),
    staff: z.object({ id: StaffId, name: z.string().nullable(), email: z.string().nullable() }),
    reason: z.string().nullable(),
    ticket: z.string().nullable(),
    opened_at: z.string(),
    ended_at: z.string().nullable().describe('Null while it runs'),
    ended_by: EndedBy.nullable(),
    minutes: z.number().nullable().describe('How long it ran, to a tenth'),
    scopes_granted: z.array(Scope),
    scopes_used: z.array(Scope),
    totals: z.object({ requests: count, completed: count, refused: count, failed: count, cut: count, unknown: count }),
    requests: z.array(ReceiptLine),
    is_complete: z.boolean().describe('Whether it has ended, and every request has its outcome'),
    proof: z.object({
      origin: z.string().describe('Name of the log'),
      opened: z.object({ log_index: count, event_id: EventId }),
      ended: z.object({ log_index: count, event_id: EventId }).nullable(),
      events: count.describe('How many events of the log it is made from'),
      last_index: count.describe('The last of them'),
    }),
  })
  .meta({ id: 'Receipt' })
export type Receipt = z.infer<typeof Receipt>
