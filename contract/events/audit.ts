import { z } from 'zod'
import { parseChoice } from '../choice.ts'
import { EventId, ExportId, RequestId, SessionId, TenantId } from '../ids.ts'
import { AskedInstant, Sought, Wanted } from '../text.ts'
import { count, EventCategory, EventResult, ofTenantIfAny, refusal, requestIfAny, target, targetKinds } from './common.ts'
import { erasable, kept, optional } from './members.ts'

const listMaximum = 2000

/** A list of values, each of this form: either of them, but none that is excluded (contract/choice.ts). */
const listOf = (value: z.ZodType, what: string) =>
  Sought.max(listMaximum)
    .superRefine((text, ctx) => {
      const choice = parseChoice(text)
      if (choice === undefined) return ctx.addIssue({ code: 'custom', message: 'is not a list of 1 to 50 values such as a,b or -c' })
      for (const each of [...choice.any, ...choice.none]) {
        const [issue] = value.safeParse(each).error?.issues ?? []
        if (issue) ctx.addIssue({ code: 'custom', message: `has a value that does not fit: ${issue.message}` })
      }
      return
    })
    .optional()
    .describe(`${what}. Several: a,b. Not these: -c. In double quotes: a value with a comma, or that begins with - or a quote`)

const pattern = z
  .string()
  .max(100)
  .regex(/^[A-Z_.*]+$/, 'is not the name of an event')

/** Words of at least three characters: what the index of reasons and notes is made of. */
const Words = Wanted.min(3)

/** Filters that combine by "and" (A28–A30). All but the last three are lists. */
export const filters = {
  category: kept(listOf(EventCategory, 'Categories of events')),
  action: kept(listOf(pattern, 'Names of events; * stands for any part of a name, as in KEY.*')),
  actor_id: erasable(listOf(Sought.max(200), 'Who did it: ids, or e-mail addresses of staff')),
  resource_type: kept(listOf(z.enum(targetKinds), 'Kinds of targets')),
  target_id: erasable(listOf(Sought.max(200), 'Ids of targets')),
  tenant_id: kept(listOf(TenantId, 'Ids of tenants')),
  session_id: kept(listOf(SessionId, 'Ids of support sessions')),
  request_id: kept(listOf(RequestId, 'Ids of requests through the gateway, of the sessions that are named beside them')),
  ticket: erasable(listOf(Sought.max(64), 'Tickets')),
  result: kept(listOf(EventResult, 'Results')),
  text: erasable(Words.optional().describe('What a reason or a note has in it, in any case')),
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

const format = z.string().optional().describe('How the events are written')

/** That somebody asked for an export. Visible to the tenant that it was narrowed to. */
export const exportRequested = {
  ...ofTenantIfAny,
  ...refusal,
  target,
  reason: erasable(z.string().optional()),
  request: requestIfAny,
  details: {
    export_id: kept(ExportId.optional()),
    format: kept(format),
    filters: optional(filters),
    size: kept(place.describe('It holds what matched in a log of this size')),
  },
}

const digest = z.string().optional()

/**
 * What an export holds, before anybody has it: by this event it can be proven. Of the whole log, by the command line, there is no more
 * than the size. The digests are of what has salts in it: none of them tells a value that was erased.
 */
export const auditExported = {
  ...ofTenantIfAny,
  target,
  details: {
    size: count,
    export_id: kept(ExportId.optional()),
    requested: kept(EventId.optional().describe('The event of asking for it')),
    format: kept(format),
    filters: optional(filters),
    rows: kept(place.describe('Events that are in it')),
    entries_sha256: kept(digest.describe('SHA-256 of its file entries.ndjson, base64')),
    packed_sha256: kept(digest.describe('SHA-256 of README.txt, the events and entries.ndjson as they are packed in the file, base64')),
  },
}

/** That somebody took an export away, or tried to take another one's. */
export const exportDownloaded = { ...ofTenantIfAny, ...refusal, target, details: { export_id: kept(ExportId) } }

/** Nothing of the row itself is repeated: whoever wrote it chose the words. */
export const tamperSuspected = {
  target,
  note: erasable(z.string()),
  details: { n: kept(z.string().describe('Number of the row')), why: kept(z.string().describe('One of the sequencer’s sentences')) },
}

/** What the log has of each tenant, as one hash: before each checkpoint (log/tally.ts). */
export const logTallied = {
  target,
  details: {
    form: kept(z.literal(1).describe('Of what the root is computed from')),
    root: kept(z.string().describe('Root of the map of tallies, base64')),
    size: count,
  },
}

/** The database's clock, by which sessions end, went another way than ours. */
export const clockJumped = {
  details: {
    by_seconds: kept(z.number().describe('Below 0 where it was set back')),
    sessions: count,
    sign_ins: count,
  },
}
