import { categoryOf, type EventName, type NewEvent, type NewEventOf } from '@countersign/contract/events.ts'
import canonicalize from 'canonicalize'
import { type Kysely, sql } from 'kysely'
import { newId } from '../ids.ts'
import type { Tables } from '../store/tables.ts'
import { hmacOf } from './mac.ts'

declare const made: unique symbol

/** The event of a refusal. Only `access/` makes them, so that all of them look alike. */
export type DenialOf<N extends EventName> = NewEventOf<N, 'deny'> & { [made]: true }
export type Denial = DenialOf<EventName>

/** What can be recorded: that something was done, or failed, and denials. */
export type Recordable = NewEvent | Denial

/** An event that is complete but for the instant, which the database's clock fills in between the two. */
export type EventHalves = { head: string; tail: string }

/** The same, with the mark that shows whose it is. */
export type DraftEvent = EventHalves & { id: string; mac: Buffer }

const member = ',"occurred_at":"'

const canonical = (value: object): string => {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('an event must be JSON')
  return text
}

/** HMAC-SHA256 over the two halves: shows that the program wrote the event, to whoever holds the key. */
export const macOf = (key: Buffer, head: string, tail: string): Buffer => hmacOf(key, `${head}\0${tail}`)

/**
 * Splits an event's RFC 8785 form around its instant. Members are sorted, so those before `occurred_at` (action … note)
 * are the head and those after it (reason … v) the tail. No member of the tail can hold an `occurred_at` of its own.
 */
export const halveEvent = (event: Recordable, id = newId('event')): EventHalves => {
  const before: Record<string, unknown> = {}
  const after: Record<string, unknown> = {}
  for (const [name, value] of Object.entries({ ...event, v: 1, id, category: categoryOf(event.action) })) {
    if (value === undefined) continue
    ;(name < 'occurred_at' ? before : after)[name] = value
  }
  const head = `${canonical(before).slice(0, -1)}${member}`
  const tail = `",${canonical(after).slice(1)}`
  return { head, tail }
}

/** An event as it is recorded, but for the instant. */
export const draftEvent = (key: Buffer, event: Recordable, id = newId('event')): DraftEvent => {
  const { head, tail } = halveEvent(event, id)
  return { id, head, tail, mac: macOf(key, head, tail) }
}

/** The halves of a recorded body, or undefined where it is not of that form. */
export const splitBody = (body: string): { head: string; occurred_at: string; tail: string } | undefined => {
  const at = body.lastIndexOf(member)
  if (at < 0) return undefined
  const start = at + member.length
  const end = body.indexOf('"', start)
  return end < 0 ? undefined : { head: body.slice(0, start), occurred_at: body.slice(start, end), tail: body.slice(end) }
}

/** The database's clock as events write it: UTC with microseconds. A query of its own, so a statement asks it once for all its events. */
export const nowText = `(select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))`
const sqlNow = sql.raw<string>(nowText)

/**
 * Records events in the caller's transaction, with it or not at all, each marked with the program's key. It is bound to that key
 * once, so that whoever records needs to know none.
 */
export type Journal = {
  /** Returns the event's id. */
  record(tx: Kysely<Tables>, event: Recordable): Promise<string>
  /** The same, for an answer that names the instant of its event. */
  recordTimed(tx: Kysely<Tables>, event: Recordable): Promise<{ id: string; occurred_at: string }>
  /** Records several events with one statement, in their order. */
  recordAll(tx: Kysely<Tables>, events: readonly Recordable[]): Promise<string[]>
}

export const newJournal = (key: Buffer): Journal => ({
  async record(tx, event) {
    const draft = draftEvent(key, event)
    await sql`insert into events (body, mac) values (${draft.head}::text || ${sqlNow} || ${draft.tail}::text, ${draft.mac})`.execute(tx)
    return draft.id
  },
  async recordTimed(tx, event) {
    const { id, head, tail, mac } = draftEvent(key, event)
    const { rows } = await sql<{ body: string }>`
      insert into events (body, mac) values (${head}::text || ${sqlNow} || ${tail}::text, ${mac}) returning body`.execute(tx)
    const occurred_at = splitBody(rows[0]?.body ?? '')?.occurred_at
    if (occurred_at === undefined) throw new Error('the recorded event has no instant')
    return { id, occurred_at }
  },
  async recordAll(tx, events) {
    const drafts = events.map((event) => draftEvent(key, event))
    await sql`
      insert into events (body, mac)
      select head || ${sqlNow} || tail, mac
      from unnest(${drafts.map(({ head }) => head)}::text[], ${drafts.map(({ tail }) => tail)}::text[], ${drafts.map(({ mac }) => mac)}::bytea[])
        with ordinality as draft (head, tail, mac, place)
      order by place`.execute(tx)
    return drafts.map(({ id }) => id)
  },
})
