import { z } from 'zod'
import { EventId } from './ids.ts'

export const OneEvent = z.object({ event_id: EventId })

export const ReadEvent = z.strictObject({
  proof: z.stringbool().optional().describe('With the disclosures behind the values, for whoever checks the leaf hash'),
})
export type ReadEvent = z.infer<typeof ReadEvent>

/** What the log signed last: whoever keeps it can show later that nothing up to here was changed. */
export const LogHead = z
  .object({
    origin: z.string().describe('Name of the log'),
    size: z.number().int().describe('Entries that the checkpoint covers'),
    root: z.string().describe('Root hash, base64'),
    checkpoint: z.string().describe('The signed note (C2SP tlog-checkpoint)'),
    signed_at: z.iso.datetime(),
    key: z.string().describe('Verifier key of the log (C2SP signed-note): compare it with one that you got by another way'),
  })
  .meta({ id: 'LogHead' })
export type LogHead = z.infer<typeof LogHead>

const Base64Hash = z.string().regex(/^[A-Za-z0-9+/]{43}=$/)

/** How many events the log has of a tenant, and a hash over them: who computes the same from what it was shown, was shown all. */
export const Completeness = z
  .object({
    count: z.number().int().nonnegative().describe('Events of the tenant among the first entries, up to the one that is proven'),
    place: Base64Hash.nullable().describe('The chain after the first of them: where the tally stands in the map'),
    chain: Base64Hash.nullable().describe('The chain after the last of them'),
    since: z.string().nullable().describe('From when on they are this tenant’s, where its id was another one’s before'),
    siblings: z.array(Base64Hash).describe('From the tally up to the root of the map'),
    entry: z.string().describe('The entry LOG.TALLIED that holds the root, in canonical form'),
    proof: z.string().describe('That this entry is what was signed last (C2SP tlog-proof)'),
  })
  .meta({ id: 'Completeness' })
export type Completeness = z.infer<typeof Completeness>
