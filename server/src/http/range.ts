import { Refusal } from '../errors.ts'

/** Bytes `from` to `to` (exclusive). */
export type Span = { from: number; to: number }

/**
 * The part of a file that a request asks for (RFC 9110 §14), or undefined for all of it. Whoever goes on with another file than they
 * began with is given the whole of this one; and so is whoever asks for several parts, or in a form that there is not.
 */
export const spanOf = (
  { range, ifRange }: { range: string | undefined; ifRange: string | undefined },
  { length, etag }: { length: number; etag: string },
): Span | undefined => {
  if (range === undefined || (ifRange !== undefined && ifRange !== etag)) return undefined
  const [, first, last] = /^bytes=(\d{1,15})?-(\d{1,15})?$/i.exec(range.trim()) ?? []
  if (first === undefined && last === undefined) return undefined
  if (first === undefined) {
    if (Number(last) === 0) throw new Refusal('range_refused')
    return { from: Math.max(0, length - Number(last)), to: length }
  }
  const from = Number(first)
  const to = last === undefined ? length : Math.min(length, Number(last) + 1)
  if (last !== undefined && Number(last) < from) return undefined
  if (from >= length) throw new Refusal('range_refused')
  return { from, to }
}
