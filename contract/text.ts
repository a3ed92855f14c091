import { z } from 'zod'
import type { ErrorCode } from './errors.ts'
import { hideTyped } from './secrets.ts'
import { dropStray } from './stray.ts'

/**
 * Characters that show nothing of their own: default-ignorables, controls, formats, unassigned ones, spaces and combining marks;
 * and those that Unicode has as letters or symbols and that are blank: fillers, blanks of Braille and hieroglyphs, a note without
 * a head, the place of an object.
 */
const unseen = /[\p{Default_Ignorable_Code_Point}\p{M}\p{C}\p{Z}\u115f\u1160\u3164\uffa0\u2800\ufffc\u{13441}\u{13442}\u{1d159}\u{16fe4}]/gu
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

/** A refusal of a code of its own, wherever the text stands. */
const refusedAs = (code: ErrorCode, message: string) => ({ message, params: { code } })
const unshowable = refusedAs('invalid_request', 'has a character that cannot be shown')
const tooShort = refusedAs('reason_too_short', `needs at least ${reasonMinimum} visible characters`)
export const tooLong = refusedAs('reason_too_long', `may have at most ${reasonMaximum} characters`)

/** A text that names exactly one thing: an id, a plan. */
export const Sought = z.string().refine(isTyped, { ...unshowable, abort: true })

/** A text that is looked for in names: as it is meant, without what came along when it was pasted. */
export const Wanted = Sought.overwrite((text) => dropStray(text.normalize('NFC')))
  .trim()
  .max(200)

/** Two characters, or one that can be a whole name: a letter of a script without case, such as 李. */
export const isWorthSearching = (text: string): boolean => [...text].length >= 2 || /^\p{Lo}$/u.test(text)

/** A text of which the record says that it was looked for. */
export const Searched = Wanted.refine(isWorthSearching, 'needs two characters, or one that is a name by itself, such as 李').transform(
  hideTyped,
)

/** A reason as staff give it: at least 10 visible characters after trimming (X6), at most 2,000 in all. */
export const Reason = z
  .string()
  .refine(isTyped, unshowable)
  .transform((text) => hideTyped(text.normalize('NFC').trim()))
  .refine(isReason, tooShort)
  .refine((text) => text.length <= reasonMaximum, tooLong)
  .describe('Why access is taken: at least 10 visible characters')

/** A short free text that may be left out, such as the reason of a revocation. */
export const Remark = z
  .string()
  .refine(isTyped, unshowable)
  .transform((text) => hideTyped(text.normalize('NFC').trim()))
  .refine((text) => text.length <= reasonMaximum, tooLong)

/** A ticket's name in the ticket desk: `#4831`, `SUP-4831`. Addresses are refused. */
export const Ticket = z
  .string()
  .trim()
  .regex(/^#?[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'is not a ticket name such as #4831 or SUP-4831')
  .transform(hideTyped)
  .describe('Ticket in the ticket desk')

/** An instant on the wire: RFC 3339 in UTC. */
export const Instant = z.iso.datetime({ offset: false }).describe('Instant, RFC 3339, UTC')

/** An instant that somebody asks about, with any offset. Only what every clock and database can hold: no year 0 or 10000. */
export const AskedInstant = z.iso
  .datetime({ offset: true, abort: true })
  .max(40, { abort: true })
  .refine((text) => {
    const year = new Date(text).getUTCFullYear()
    return year >= 1 && year <= 9999 && !/[+-](?:1[6-9]|2\d):\d\d$/.test(text)
  }, 'is not an instant between the years 1 and 9999, with an offset of less than 16 hours')

/** An instant with microseconds in UTC, as cursors hold it. */
export const CursorInstant = z.iso.datetime({ precision: 6 }).refine((text) => !text.startsWith('0000'))
