import type { Role } from '@countersign/contract/staff.ts'
import type { DisclosureRow } from '../audit/commit.ts'
import { type EventParts, macOf, nowText } from '../audit/record.ts'
import { openStore, type Store } from '../store/open.ts'
import type { Needed } from './admit.ts'
import { type AuthorityClock, newAuthorityClock } from './clock.ts'
import type { SessionFacts } from './facts.ts'
import { floorOf, judgedSessions, standing, viewIsOpen, views } from './standing.ts'

/**
 * What must be so, by the database, for a request to be admitted: all that its event says of session and staff, the scope, and that its
 * opener has one of the roles that may have it. `by_person`: somebody did this, so that the session is not idle.
 */
type Ask = {
  id: string
  token_hash: string
  tenant_id: string
  staff_id: string
  email: string
  name: string
  ticket: string | undefined
  /** Null where none is needed: a static file. */
  scope: string | null
  roles: readonly Role[]
  by_person: boolean
  /** Where it came from a browser: the view, which must be open. */
  view_id?: string | undefined
}

/** An Ask as JSON: what concurrent requests ask alike is the same text, and is asked once. */
export type AskText = string & { readonly form: 'ask' }

/** Texts without a line feed, each a line. Between threads and to the database one long text is faster than an array. */
export type Lines = string & { readonly form: 'lines' }

/** Events to be recorded. */
export type Batch = {
  heads: Lines
  tails: Lines
  /** What lies beside them, column by column. */
  disclosures: Record<keyof DisclosureRow, Lines>
  /** For each of these which event of the batch it lies beside. */
  beside: readonly number[]
  /** For each event what must be granted; undefined where it is recorded in any case. */
  asks: readonly (AskText | undefined)[]
}

/** The marks of a batch's events, one after the other. */
export type Marked = { marks: Buffer }

/** Records batches, in a database of its own connection. */
export type Recorder = {
  mark<B extends Batch>(batch: B): B & Marked
  /**
   * Records batches with one statement. Answers, for each event of each, how many more milliseconds its ask is granted;
   * undefined where there is none, or it is not granted and the event not recorded.
   */
  record(batches: readonly (Batch & Marked)[]): Promise<(number | undefined)[][]>
  close(): Promise<void>
}

export const formatAsk = (
  { id, token_hash, tenant_id, staff, digests }: SessionFacts,
  { scope, roles, view_id }: Needed,
  by_person: boolean,
): AskText =>
  JSON.stringify({
    id,
    token_hash,
    tenant_id,
    staff_id: staff.id,
    email: staff.email,
    name: staff.name,
    ticket: digests.ticket,
    scope,
    roles,
    by_person,
    view_id,
  } satisfies Ask) as AskText

const disclosureColumns = ['holder', 'member', 'salt', 'value', 'tenant_id'] as const satisfies (keyof DisclosureRow)[]

const linesOf = (texts: readonly (string | null)[]): Lines => texts.join('\n') as Lines

/** An event's JSON holds no line feed, nor does a value's. */
export const formatLines = (events: readonly EventParts[]): Omit<Batch, 'asks'> => {
  const rows: DisclosureRow[] = []
  const beside: number[] = []
  for (const [at, { disclosures }] of events.entries()) {
    for (const row of disclosures) {
      rows.push(row)
      beside.push(at)
    }
  }
  return {
    heads: linesOf(events.map(({ head }) => head)),
    tails: linesOf(events.map(({ tail }) => tail)),
    disclosures: {
      holder: linesOf(rows.map(({ holder }) => holder)),
      member: linesOf(rows.map(({ member }) => member)),
      salt: linesOf(rows.map(({ salt }) => salt)),
      value: linesOf(rows.map(({ value }) => value)),
      tenant_id: linesOf(rows.map(({ tenant_id }) => tenant_id)),
    },
    beside,
  }
}

const parameters = ['floor', 'asks', 'heads', 'tails', 'places', 'marks', 'beside', ...disclosureColumns] as const
type Parameters = Record<Exclude<(typeof parameters)[number], 'floor'>, string | Buffer> & { floor: number | null }
const $ = Object.fromEntries(parameters.map((name, i) => [name, `$${i + 1}`])) as Record<keyof Parameters, string>

/** Finer than this, what was done last is not kept: a write for every request would cost more than it says. */
const movedEverySeconds = 5

/**
 * The admission: one statement on the primary that records the request where its session may be used and has the scope, and
 * where all that the event says of session and staff is still so. What it answers is admitted, and only that. Other events of
 * the gateway ride along, with place 0. The idle limit of a session moves here too, with the admission of what a person did, so that
 * no instance can forget it; whoever finds it being moved by another one does not wait.
 */
const text = `
  with admitted as materialized (
    select k.place, s.id, k.by_person and a.idle_at < clock_timestamp() + make_interval(secs => s.idle_seconds - ${movedEverySeconds}) as moves,
      extract(epoch from s.expires_at - greatest(clock_timestamp(), ${floorOf($.floor)}))::float8 * 1000 as remaining_ms
    from rows from (json_to_recordset(${$.asks}) as (id text, token_hash text, tenant_id text, staff_id text, email text, name text, ticket text, scope text, roles text[], by_person boolean, view_id text))
      with ordinality as k (id, token_hash, tenant_id, staff_id, email, name, ticket, scope, roles, by_person, view_id, place)
    join ${judgedSessions} on s.id = k.id
    -- Not "=": a session is found by its id alone, whatever a planner thinks of the other indexes.
    where (encode(s.token_hash, 'hex'), s.tenant_id, s.staff_id) is not distinct from (k.token_hash, k.tenant_id, k.staff_id)
      and (k.scope is null or s.scopes @> array[k.scope]) and m.roles && k.roles
      and case when k.view_id is null then true
        else exists (select from ${views} where v.id = k.view_id and v.session_id = s.id and ${viewIsOpen}) end
      -- Held last, and only what may be used: from here on no revocation is written until the event is. One expression, so that
      -- all of it is asked of the one row that was found by its id.
      and case when ${standing} = 'usable' and least(s.expires_at, a.idle_at) > ${floorOf($.floor)}
        and (m.email, m.name, s.digests ->> 'ticket') is not distinct from (k.email, k.name, k.ticket) then hold_session(s.id)
        else false end
  ), moved as (
    update session_activity a set idle_at = clock_timestamp() + make_interval(secs => s.idle_seconds)
    from (
      select b.session_id from session_activity b join admitted on admitted.id = b.session_id where admitted.moves for update of b skip locked
    ) free join support_sessions s on s.id = free.session_id
    where a.session_id = free.session_id
  ), recorded as (
    insert into events (body, mac)
    select e.head || ${nowText} || e.tail,
           substring(${$.marks}::bytea from e.ord::int * 32 - 31 for 32)
    from unnest(string_to_array(${$.heads}, E'\\n'), string_to_array(${$.tails}, E'\\n'), string_to_array(${$.places}, ',')::int[])
      with ordinality as e (head, tail, place, ord)
    where e.place = 0 or e.place in (select place from admitted)
  ), disclosed as (
    insert into disclosures (${disclosureColumns.join(', ')})
    select ${disclosureColumns.map((name) => `d.${name}`).join(', ')}
    from unnest(${disclosureColumns.map((name) => `string_to_array(${$[name]}, E'\\n', '')`).join(', ')}, string_to_array(${$.beside}, ',')::int[])
      as d (${disclosureColumns.join(', ')}, place)
    where d.place = 0 or d.place in (select place from admitted)
  )
  select a.place::int as place, a.remaining_ms, extract(epoch from clock_timestamp())::float8 * 1000 as now_ms
  from (select) one left join admitted a on true`

const mark = <B extends Batch>(key: Buffer, batch: B): B & Marked => {
  const tails = batch.tails.split('\n')
  return { ...batch, marks: Buffer.concat(batch.heads.split('\n').map((head, i) => macOf(key, head, tails[i] as string))) }
}

const join = (texts: readonly Lines[]): string => texts.join('\n')

/** Where nothing lies beside the events of a batch it has no lines, not an empty one. */
const joinColumns = (batches: readonly Batch[]): Record<keyof DisclosureRow, string> => {
  const filled = batches.filter(({ beside }) => beside.length > 0)
  const columns = disclosureColumns.map((name) => [name, join(filled.map(({ disclosures }) => disclosures[name]))])
  return Object.fromEntries(columns) as Record<keyof DisclosureRow, string>
}

const recordBatches = async (
  pool: Store['pool'],
  clock: AuthorityClock,
  batches: readonly (Batch & Marked)[],
): Promise<(number | undefined)[][]> => {
  /** Each ask once, however many requests ask it; their places are counted from 1. */
  const known = new Map<AskText, number>()
  const placeOf = (ask: AskText | undefined): number => {
    if (ask === undefined) return 0
    const place = known.get(ask) ?? known.size + 1
    known.set(ask, place)
    return place
  }
  const places = batches.map(({ asks }) => asks.map(placeOf))
  const sentMs = performance.now()
  const given: Parameters = {
    floor: clock.floorAt(sentMs) ?? null,
    asks: `[${[...known.keys()].join(',')}]`,
    heads: join(batches.map(({ heads }) => heads)),
    tails: join(batches.map(({ tails }) => tails)),
    places: places.flat().join(','),
    ...joinColumns(batches),
    beside: batches.flatMap(({ beside }, i) => beside.map((at) => places[i]?.[at])).join(','),
    marks: Buffer.concat(batches.map(({ marks }) => marks)),
  }
  const values = parameters.map((name) => given[name])
  const { rows } = await pool.query<{ place: number | null; remaining_ms: number; now_ms: number }>({
    name: 'record-admissions',
    text,
    values,
  })
  clock.read({ sentMs, heardMs: performance.now(), databaseMs: rows[0]?.now_ms as number })
  const remaining = new Map(rows.map(({ place, remaining_ms }) => [place, remaining_ms]))
  return places.map((ours) => ours.map((place) => remaining.get(place)))
}

/** Opens what records the gateway's events. Events are marked with the key. */
export const openRecorder = async ({ databaseUrl, eventKey }: { databaseUrl: string; eventKey: Buffer }): Promise<Recorder> => {
  const store = await openStore({ url: databaseUrl, max: 1, name: 'countersign-gateway' })
  const clock = newAuthorityClock()
  return { mark: (batch) => mark(eventKey, batch), record: (batches) => recordBatches(store.pool, clock, batches), close: store.close }
}
