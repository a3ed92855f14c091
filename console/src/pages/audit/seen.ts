import { z } from 'zod'

/** What this browser remembers of the log: the key that it met first, and the newest checkpoint that it has verified. */
const Seen = z.object({
  key: z.string(),
  pinned_at: z.iso.datetime(),
  newest: z.object({ note: z.string(), seen_at: z.iso.datetime() }).optional(),
})
export type Seen = z.infer<typeof Seen>

const place = 'countersign-log'

/** What is garbled was not written here: it is as if nothing were remembered. */
export const readSeen = (): Seen | undefined => {
  try {
    return Seen.parse(JSON.parse(localStorage.getItem(place) ?? ''))
  } catch {
    return undefined
  }
}

export const keepSeen = (seen: Seen): void => localStorage.setItem(place, JSON.stringify(seen))

export const forgetSeen = (): void => localStorage.removeItem(place)
