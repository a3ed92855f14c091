import { timingSafeEqual } from 'node:crypto'
import type { Event } from '@countersign/contract/events.ts'
import { isCanonical } from '@countersign/log/entry.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { hashLeaf } from '@countersign/log/tree.ts'
import { macOf, splitBody } from './record.ts'

export type EventRow = { n: string; body: string; mac: Buffer }

export type CheckedEvent = { n: string; event: Event; leafHash: Uint8Array }

/** Why an event is not taken into the log. */
export type Rejection = { n: string; why: string }

/** The last second that was one: events of a second come together. */
let knownSecond = ''

export const isInstant = (text: string): boolean => {
  if (!/^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(text)) return false
  const second = text.slice(0, 19)
  if (second === knownSecond) return true
  const date = new Date(text)
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 19) !== second) return false
  knownSecond = second
  return true
}

const isNamed = (event: Partial<Event>): boolean =>
  [event.id, event.action, event.category, event.result, event.actor?.id].every((text) => typeof text === 'string' && text !== '')

type Halves = NonNullable<ReturnType<typeof splitBody>>

const isMacOf = (key: Buffer, mac: Buffer, { head, tail }: Halves): boolean => {
  const expected = macOf(key, head, tail)
  return mac.length === expected.length && timingSafeEqual(mac, expected)
}

/** Whether the HMAC beside an event is the one that this program's key gives. */
export const hasMac = (key: Buffer, { body, mac }: Pick<EventRow, 'body' | 'mac'>): boolean => {
  const halves = splitBody(body)
  return halves !== undefined && isMacOf(key, mac, halves)
}

// Read within one call, so one buffer serves them all.
const scratch = Buffer.alloc(16_384)

/** The UTF-8 of a text; valid until the next call. */
const encode = (text: string): Buffer =>
  text.length * 3 > scratch.length ? Buffer.from(text) : scratch.subarray(0, scratch.write(text, 0))

/** An event as recorded, where this program wrote it and it is in canonical form; else why it is not taken. */
export const checkEvent = (key: Buffer, { n, body, mac }: EventRow): CheckedEvent | Rejection => {
  const reject = (why: string): Rejection => ({ n, why })
  const halves = splitBody(body)
  if (!halves) return reject('It is not in the form of an event.')
  if (!isMacOf(key, mac, halves)) return reject('It was not written by this program: its HMAC is wrong.')
  if (!isInstant(halves.occurred_at)) return reject('Its instant is not one.')
  const bytes = encode(body)
  if (!isCanonical(bytes)) return reject('It is not in canonical form.')
  const event = JSON.parse(body) as Event
  if (!isNamed(event) || event.occurred_at !== halves.occurred_at) return reject('It is not in the form of an event.')
  return { n, event, leafHash: hashLeaf(sha256, bytes) }
}
