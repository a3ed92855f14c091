import { timingSafeEqual } from 'node:crypto'
import type { Event } from '@countersign/contract/events.ts'
import { leafOf, parseEntry } from '@countersign/log/entry.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { macOf, splitBody } from './record.ts'

export type EventRow = { n: string; body: string; mac: Buffer }

export type CheckedEvent = { n: string; event: Event; leafHash: Uint8Array }

/** Why an event is not taken into the log. */
export type Rejection = { n: string; why: string }

export const isInstant = (text: string): boolean => {
  if (!/^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(text)) return false
  const date = new Date(text)
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 19) === text.slice(0, 19)
}

const isNamed = (event: Partial<Event>): boolean =>
  [event.id, event.action, event.category, event.result, event.actor?.id].every((text) => typeof text === 'string')

/** Whether the HMAC beside an event is the one that this program's key gives. */
export const hasMac = (key: Buffer, { body, mac }: Pick<EventRow, 'body' | 'mac'>): boolean => {
  const halves = splitBody(body)
  if (!halves) return false
  const expected = macOf(key, halves.head, halves.tail)
  return mac.length === expected.length && timingSafeEqual(mac, expected)
}

/** An event as recorded, where this program wrote it and it is in canonical form; else why it is not taken. */
export const checkEvent = (key: Buffer, row: EventRow): CheckedEvent | Rejection => {
  const reject = (why: string): Rejection => ({ n: row.n, why })
  const halves = splitBody(row.body)
  if (!halves) return reject('It is not in the form of an event.')
  if (!hasMac(key, row)) return reject('It was not written by this program: its HMAC is wrong.')
  if (!isInstant(halves.occurred_at)) return reject('Its instant is not one.')
  let event: Event
  try {
    event = parseEntry(row.body) as Event
  } catch {
    return reject('It is not in canonical form.')
  }
  if (!isNamed(event) || event.occurred_at !== halves.occurred_at) return reject('It is not in the form of an event.')
  return { n: row.n, event, leafHash: leafOf(sha256, row.body) }
}
