import { z } from 'zod'

/** Characters that take no room of their own: default-ignorables, fillers, controls, spaces and combining marks. */
const unseen = /[\p{Default_Ignorable_Code_Point}\p{M}\p{C}\p{Z}\u115f\u1160\u3164\uffa0\u2800]/gu
// Controls but for tab and line feed, and lone surrogates: never part of a sentence a person wrote.
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the purpose
const forbidden = /[\u0000-\u0008\u000b-\u001f\u007f]|\p{Surrogate}/u

/** Whether a text could have been typed: no controls, nothing that has no UTF-8 form. */
export const isTyped = (text: string): boolean => !forbidden.test(text)

export const reasonMinimum = 10
export const reasonMaximum = 2000

/** How many characters of a reason count: NFC, trimmed, without what cannot be seen. */
export const countReason = (text: string): number => [...text.normalize('NFC').replace(unseen, '')].length

/** Whether a reason says something: enough visible characters, more than two of them different. */
export const isReason = (text: string): boolean => {
  const seen = text.normalize('NFC').replace(unseen, '')
  return countReason(text) >= reasonMinimum && new Set(seen).size > 2
}

/** A reason as staff give it: at least 10 visible characters after trimming (X6), at most 2,000 in all. */
export const Reason = z
  .string()
  .refine(isTyped, 'has a character that cannot be shown')
  .transform((text) => text.normalize('NFC').trim())
  .refine(isReason, `needs at least ${reasonMinimum} visible characters`)
  .refine((text) => text.length <= reasonMaximum, `may have at most ${reasonMaximum} characters`)
  .describe('Why access is taken: at least 10 visible characters')

/** A short free text that may be left out, such as the reason of a revocation. */
export const Remark = z
  .string()
  .refine(isTyped, 'has a character that cannot be shown')
  .transform((text) => text.normalize('NFC').trim())
  .refine((text) => text.length <= reasonMaximum, `may have at most ${reasonMaximum} characters`)

/** A ticket's name in the ticket desk: `#4831`, `SUP-4831`. Addresses are refused. */
export const Ticket = z
  .string()
  .trim()
  .regex(/^#?[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'is not a ticket name such as #4831 or SUP-4831')
  .describe('Ticket in the ticket desk')

/** An instant on the wire: RFC 3339 in UTC. */
export const Instant = z.iso.datetime({ offset: false }).describe('Instant, RFC 3339, UTC')
