import { z } from 'zod'
import { EventId, SessionId, TenantId } from '../ids.ts'
import { AskedInstant, Sought } from '../text.ts'
import { count, EventCategory, EventResult, ofTenantIfAny, target, targetKinds } from './common.ts'
import { erasable, kept } from './members.ts'

const text = Sought.max(200).optional()

/** Filters that combine by "and" (A28–A30). */
export const filters = {
  category: kept(EventCategory.optional()),
  action: kept(
    z
      .string()
      .max(100)
      .regex(/^[A-Z_.]+\*?$/)
      .optional()
      .describe('An event name, or its beginning followed by *'),
  ),
  actor_id: erasable(text),
  resource_type: kept(z.enum(targetKinds).optional()),
  target_id: erasable(text),
  tenant_id: kept(TenantId.optional()),
  session_id: kept(SessionId.optional()),
  ticket: erasable(Sought.max(64).optional()),
  result: kept(EventResult.optional()),
  from: kept(AskedInstant.optional().describe('Earliest instant, inclusive')),
  to: kept(AskedInstant.optional().describe('Latest instant, exclusive')),
}

const place = z.number().int().optional()

/** A read is visible to the tenant that it was narrowed to. Ids may have been typed: anything may stand there. */
export const auditRead = {
  ...ofTenantIfAny,
  target,
  details: {
    filters,
    before: kept(place.describe('A list goes on before this log index')),
    after: kept(place.describe('A stream goes on after this log index')),
    event_id: kept(EventId.optional().describe('This one event was read')),
  },
}

export const auditExported = { target, details: { size: count } }

/** Nothing of the row itself is repeated: whoever wrote it chose the words. */
export const tamperSuspected = {
  target,
  note: erasable(z.string()),
  details: { n: kept(z.string().describe('Number of the row')), why: kept(z.string().describe('One of the sequencer’s sentences')) },
}

/** The database's clock, by which sessions end, went another way than ours. */
export const clockJumped = {
  details: {
    by_seconds: kept(z.number().describe('Below 0 where it was set back')),
    sessions: count,
    sign_ins: count,
  },
}
