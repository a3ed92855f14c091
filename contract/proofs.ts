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
