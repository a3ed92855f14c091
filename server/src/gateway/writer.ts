import { consoleRoles } from '@countersign/contract/staff.ts'
import type pg from 'pg'
import type { DraftEvent } from '../audit/record.ts'
import { Refusal } from '../errors.ts'
import type { SessionFacts } from './facts.ts'

type Admission = {
  draft: DraftEvent
  facts: SessionFacts
  scope: string
  /** Until when it may be used, by our monotonic clock and never later than by the database's; undefined: not admitted. */
  resolve(deadlineMs: number | undefined): void
  reject(error: unknown): void
}
type Note = { draft: DraftEvent; resolve(): void; reject(error: unknown): void }

export type Writer = {
  admit(draft: DraftEvent, facts: SessionFacts, scope: string): Promise<number | undefined>
  note(draft: DraftEvent): Promise<void>
}

const largestBatch = 256
const longestQueue = 4_096
/** Statements under way at once. The second only where many wait: fewer and larger batches cost everybody less. */
const lanes = 2
const manyWaiting = 64

const now = `to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/**
 * The admission: one statement on the primary that records the request where its session is running by the database's
 * clock, not revoked, and of a staff member who may still use it; and where all that the event says of them is still so.
 * What it answers is admitted, and only that. Other events of the gateway ride along. Events are handed over as lines:
 * their JSON holds no line feed, as a scope holds no comma.
 */
const text = `
  with session as materialized (
    select k.ord, s.scopes, extract(epoch from s.expires_at - clock_timestamp())::float8 * 1000 as remaining_ms
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) with ordinality
      as k (id, token_hash, tenant_id, staff_id, email, name, ord)
    join support_sessions s on s.id = k.id
    join staff m on m.id = s.staff_id
    -- The tenant it was opened for: not deleted since, and its id not another's.
    join tenants t on t.id = s.tenant_id and t.deleted_at is null and t.known_since <= s.issued_at
    where s.expires_at > clock_timestamp()
      -- Not "=": a session is found by its id alone, whatever a planner thinks of the other indexes.
      and (encode(s.token_hash, 'hex'), s.tenant_id, s.staff_id) is not distinct from (k.token_hash, k.tenant_id, k.staff_id)
      and (m.email, m.name) is not distinct from (k.email, k.name)
      and m.disabled_at is null and m.roles && $7::text[]
      and hold_session(s.id)
  ), admitted as materialized (
    select a.ord, a.head, a.tail, s.remaining_ms
    from unnest(string_to_array($8, E'\\n'), string_to_array($9, E'\\n'), string_to_array($10, ',')::int[], string_to_array($11, ',')) with ordinality as a (head, tail, session, scope, ord)
    join session s on s.ord = a.session and s.scopes @> array[a.scope]
  ), recorded as (
    insert into events (body, mac)
    select head || ${now} || tail, substring($12::bytea from ord::int * 32 - 31 for 32) from admitted
    union all
    select n.head || ${now} || n.tail, substring($15::bytea from n.ord::int * 32 - 31 for 32)
    from unnest(string_to_array($13, E'\\n'), string_to_array($14, E'\\n')) with ordinality as n (head, tail, ord)
  )
  select ord::int as ord, remaining_ms from admitted`

const lines = (drafts: readonly { draft: DraftEvent }[], half: 'head' | 'tail'): string => drafts.map(({ draft }) => draft[half]).join('\n')
const macs = (drafts: readonly { draft: DraftEvent }[]): Buffer => Buffer.concat(drafts.map(({ draft }) => draft.mac))

const valuesOf = (admissions: readonly Admission[], notes: readonly Note[]): unknown[] => {
  const sessions = [...new Set(admissions.map(({ facts }) => facts))]
  const places = new Map(sessions.map((facts, i) => [facts, i + 1]))
  return [
    sessions.map(({ id }) => id),
    sessions.map(({ token_hash }) => token_hash),
    sessions.map(({ tenant_id }) => tenant_id),
    sessions.map(({ staff }) => staff.id),
    sessions.map(({ staff }) => staff.email),
    sessions.map(({ staff }) => staff.name),
    consoleRoles,
    lines(admissions, 'head'),
    lines(admissions, 'tail'),
    admissions.map(({ facts }) => places.get(facts)).join(','),
    admissions.map(({ scope }) => scope).join(','),
    macs(admissions),
    lines(notes, 'head'),
    lines(notes, 'tail'),
    macs(notes),
  ]
}

/** Batches what concurrent requests have to record: while statements are under way, the next requests gather. */
export const newWriter = (pool: pg.Pool): Writer => {
  const admissions: Admission[] = []
  const notes: Note[] = []
  let busy = 0
  let scheduled = false

  const run = async (): Promise<void> => {
    const admitting = admissions.splice(0, largestBatch)
    const noting = notes.splice(0, largestBatch)
    const sentMs = performance.now()
    try {
      const values = valuesOf(admitting, noting)
      const { rows } = await pool.query<{ ord: number; remaining_ms: number }>({ name: 'gateway-record', text, values })
      // Counted from before the statement was sent: at most what the database meant, never more.
      const deadlines = new Map(rows.map(({ ord, remaining_ms }) => [ord, sentMs + remaining_ms]))
      admitting.forEach(({ resolve }, i) => void resolve(deadlines.get(i + 1)))
      for (const { resolve } of noting) resolve()
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal('store_unavailable', { cause: error })
      for (const { reject } of [...admitting, ...noting]) reject(refusal)
    }
  }

  const mayRun = (): boolean => {
    const waiting = admissions.length + notes.length
    return busy < lanes && waiting >= (busy === 0 ? 1 : manyWaiting)
  }

  const turn = (): void => {
    scheduled = false
    while (mayRun()) {
      busy++
      void run().then(() => {
        busy--
        schedule()
      })
    }
  }

  /** After what has arrived was read: requests and answers of one turn of the event loop share a statement. */
  const schedule = (): void => {
    if (scheduled || !mayRun()) return
    scheduled = true
    setImmediate(turn)
  }

  const enqueue = <T>(queue: T[], entry: T): void => {
    if (queue.length >= longestQueue) throw new Refusal('overloaded')
    queue.push(entry)
    schedule()
  }

  return {
    admit: (draft, facts, scope) => new Promise((resolve, reject) => enqueue(admissions, { draft, facts, scope, resolve, reject })),
    note: (draft) => new Promise((resolve, reject) => enqueue(notes, { draft, resolve, reject })),
  }
}
