import { hash } from 'node:crypto'
import { Refusal } from '../../errors.ts'

/**
 * Of one origin alone, also against pages of a sister origin (`__Host-`), sent inside the console's frame alone (`Partitioned`), and out
 * of reach of the product's scripts. Browsers take such cookies over plain http at names below localhost, too.
 */
const attributes = 'Path=/; Secure; HttpOnly; SameSite=None; Partitioned'

/** What a browser is let in by. */
export const viewCookie = '__Host-countersign-view'
/** What a hand-over code is bound to: a secret of the browser that asks for it. */
export const enterCookie = '__Host-countersign-enter'

export const formatCookie = (name: string, value: string): string => `${name}=${value}; ${attributes}`
export const formatGone = (name: string): string => `${name}=; Max-Age=0; ${attributes}`

/** The value of a cookie of ours. Which of two is ours cannot be known: a page may set one of the same name for itself. */
export const findCookie = (header: string | undefined, name: string): string | undefined => {
  if (header === undefined || !header.includes(name)) return undefined
  const found = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
  if (found.length > 1) throw new Refusal('duplicate_cookie')
  return found[0]?.slice(name.length + 1)
}

const form = /^cs_seen_[A-Za-z0-9_-]{43}$/

/** The SHA-256 of the cookie of a view, where a well-formed one was sent. */
export const findViewHash = (header: string | undefined): string | undefined => {
  const cookie = findCookie(header, viewCookie)
  return cookie !== undefined && form.test(cookie) ? hash('sha256', cookie) : undefined
}
