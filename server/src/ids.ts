import { randomBytes } from 'node:crypto'
import { type IdKind, idPrefixes } from '@countersign/contract/ids.ts'

// Asking the system for random bytes costs the same for ten as for thousands.
const digits = 20
let pool = ''
let used = 0

/** Twenty random hex digits. */
const takeRandom = (): string => {
  if (used >= pool.length) {
    pool = randomBytes(400 * (digits / 2)).toString('hex')
    used = 0
  }
  used += digits
  return pool.slice(used - digits, used)
}

/** The last instant that was written, and how: ids of a millisecond come together. */
let written = { now: -1, text: '' }

const writeInstant = (now: number): string => {
  if (written.now !== now) written = { now, text: now.toString(16).padStart(12, '0') }
  return written.text
}

/** The variant of RFC 9562 in the two high bits of a hex digit. */
const variant = (digit: string): string => '89ab'[Number.parseInt(digit, 16) & 3] as string

/** A new id: the kind's prefix and a UUIDv7 (RFC 9562 §5.7) in hex, so that ids of a kind sort by creation. */
export const newId = (kind: IdKind, now = Date.now(), random = takeRandom()): string => {
  return `${idPrefixes[kind]}_${writeInstant(now)}7${random.slice(1, 4)}${variant(random[4] as string)}${random.slice(5)}`
}
