import { categoryOf, type EventName, membersOf, type NewEvent, type NewEventOf } from '@countersign/contract/events.ts'
import canonicalize from 'canonicalize'
import { type Kysely, sql } from 'kysely'
import { newId } from '../ids.ts'
import type { Tables } from '../store/tables.ts'
import { afterCommit } from '../store/transaction.ts'
import { type DisclosureRow, partEvent } from './commit.ts'
import { whoHears } from './committed.ts'
import { hmacOf } from './mac.ts'

declare const made: unique symbol

/** The event of a refusal. Only `access/` makes them, so that all of them look alike. */
export type DenialOf<N extends EventName> = NewEventOf<N, 'deny'> & { [made]: true }
export type Denial = DenialOf<EventName>

/** What can be recorded: that something was done, or failed, and denials. */
export type Recordable = NewEvent | Denial

/** An event that is complete but for the instant, which the database's clock fills in between the two. */
export type EventHalves = { head: string; tail: string }

/** The same, with what lies beside it: the values that the leaf only commits to. */
export type EventParts = EventHalves & { disclosures: readonly DisclosureRow[] }

/** An event as it is recorded: with the mark that shows whose it is, and its digests for whoever commits to the same values. */
export type DraftEvent = EventParts & { id: string; mac: Buffer; digests: Readonly<Record<string, string>> }

const member = ',"occurred_at":"'

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** Half a character has no UTF-8, and would keep the event from being recorded. */
const wellFormed = (value: unknown): unknown => {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(wellFormed)
  if (!isPlain(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toWellFormed(), wellFormed(member)]))
}

const canonical = (value: object): string => {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('an event must be JSON')
  return text
}

/** HMAC-SHA256 over the two halves: shows that the program wrote the event, to whoever holds the key. */
export const macOf = (key: Buffer, head: string, tail: string): Buffer => hmacOf(key, `${head}\0${tail}`)

/**
 * An event in two halves around its instant, and what lies beside it. Members are sorted, so those before `occurred_at` (action …
 * id) are the head and those after it (request … v) the tail. No member of the tail can hold an `occurred_at` of its own.
 * `holder` is what its values are kept for: the event itself, or the session whose later events commit to them too.
 */
export const halveEvent = (given: Recordable, id = newId('event'), holder = id): EventParts & Pick<DraftEvent, 'digests'> => {
  const event = wellFormed(given) as Recordable
  const { kept, digests, disclosures } = partEvent(membersOf(event.action), event, holder, event.tenant_id)
  const erasable = Object.keys(digests).length > 0 ? digests : undefined
  const before: Record<string, unknown> = {}
  const after: Record<string, unknown> = {}
  for (const [name, value] of Object.entries({ ...kept, erasable, v: 1, id, category: categoryOf(event.action) })) {
    if (value === undefined) continue
    ;(name < 'occurred_at' ? before : after)[name] = value
  }
  const head = `${canonical(before).slice(0, -1)}${member}`
  const tail = `",${canonical(after).slice(1)}`
  return { head, tail, disclosures, digests }
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

const columnsOf = (rows: readonly DisclosureRow[]) =>
  sql.join((['holder', 'member', 'salt', 'value', 'tenant_id'] as const).map((name) => sql`${rows.map((row) => row[name])}::text[]`))

/** Writes events with one statement, in their order, and what lies beside them. Returns their bodies. */
const write = async (tx: Kysely<Tables>, drafts: readonly DraftEvent[]): Promise<string[]> => {
  if (drafts.length === 0) return []
  const { rows } = await sql<{ body: string }>`
    with disclosed as (
      insert into disclosures (holder, member, salt, value, tenant_id)
      select * from unnest(${columnsOf(drafts.flatMap(({ disclosures }) => disclosures))})
    )
    insert into events (body, mac)
    select head || ${sqlNow} || tail, mac
    from unnest(${drafts.map(({ head }) => head)}::text[], ${drafts.map(({ tail }) => tail)}::text[], ${drafts.map(({ mac }) => mac)}::bytea[])
      with ordinality as draft (head, tail, mac, place)
    order by place
    returning body`.execute(tx)
  const bodies = rows.map(({ body }) => body)
  const hear = whoHears()
  if (hear) afterCommit(tx, () => hear(bodies))
  return bodies
}

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
  /** An event that is about to be written, for whoever has to know its id or its digests first. */
  draft(event: Recordable, holder?: string): DraftEvent
  write(tx: Kysely<Tables>, drafts: readonly DraftEvent[]): Promise<string[]>
}

/** An event as it is recorded, but for the instant. */
export const draftEvent = (key: Buffer, event: Recordable, holder?: string): DraftEvent => {
  const id = newId('event')
  const parts = halveEvent(event, id, holder)
  return { ...parts, id, mac: macOf(key, parts.head, parts.tail) }
}

export const newJournal = (key: Buffer): Journal => {
  const draft: Journal['draft'] = (event, holder) => draftEvent(key, event, holder)
  return {
    draft,
    write,
    async record(tx, event) {
      const drafted = draft(event)
      await write(tx, [drafted])
      return drafted.id
    },
    async recordTimed(tx, event) {
      const drafted = draft(event)
      const [body] = await write(tx, [drafted])
      const occurred_at = splitBody(body ?? '')?.occurred_at
      if (occurred_at === undefined) throw new Error('the recorded event has no instant')
      return { id: drafted.id, occurred_at }
    },
    async recordAll(tx, events) {
      const drafts = events.map((event) => draft(event))
      await write(tx, drafts)
      return drafts.map(({ id }) => id)
    },
  }
}
