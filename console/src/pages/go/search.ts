import { Ticket } from '@countersign/contract/text.ts'
import { z } from 'zod'

/** A plus in a link is read as a space, and ticket desks write addresses as they stand. No address has a space. */
const withPlus = (text: string): string => (text.includes('@') ? text.trim().replaceAll(' ', '+') : text.trim())

/** Nothing that is not seen: what stands in a field looks the same whatever it is. */
const NamedUser = z
  .string()
  .max(300)
  .transform(withPlus)
  .pipe(z.string().regex(/^[^\p{C}\p{Z}]{2,200}$/u))

/** What a ticket desk's link names. Empty where it names something that is not taken; the page says so. */
export const GoSearch = z.object({
  ticket: Ticket.optional().catch(''),
  user: NamedUser.optional().catch(''),
})
