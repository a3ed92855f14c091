import { type EventFilter, parseFilter } from '@countersign/contract/event-filter.ts'
import type { EventFilters } from '@countersign/contract/events.ts'
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import { Refusal } from '../errors.ts'
import type { Tables } from '../store/tables.ts'
import { asReader } from './as-tenant.ts'
import { type Condition, conditionsOf } from './conditions.ts'
import type { BodyRow } from './disclose.ts'
import { type Driver, type Held, type Way, wayByWords, waysFor } from './drivers.ts'
import { timeBounds } from './time-bounds.ts'

/** Which places of the log: those after one and before another. */
export type Span = { after?: number | undefined; before?: number | undefined }
export type Place = Span & { order: 'asc' | 'desc'; limit: number }

/** What a filter means in this log, now: its words as ids, its time as places. */
export type Matching = {
  /**
   * Rows that match, in order: how they are found is settled first, as the program. They are read in whatever role the answer is
   * given a connection of, so that nothing is added to what that one sees.
   */
  find(place: Place): Promise<(db: Kysely<Tables>) => Promise<BodyRow[]>>
  /** How many match, counted no further than to a limit. */
  count(span: Span, limit?: number): Promise<(db: Kysely<Tables>) => Promise<number>>
  /** How many match of each so many entries below a place. */
  sample(db: Kysely<Tables>, before: number, step: number): Promise<number>
}

type Entries = RawBuilder<unknown>

/** Up to this size a span is read as it stands. */
const shortSpan = 2000
/** So many entries of the log, or of another index, are looked at for words before their own is asked. */
const metMaximum = { ofLog: 8_000, ofIndex: 4_000 }
/** Ways to find are compared by what they find, up to this; and where all find as much, once more, up to the other. */
const comparedMaximum = { first: 8_000, again: 80_000 }

const every = (conditions: readonly Condition[]): Condition => (conditions.length === 0 ? sql`true` : sql.join([...conditions], sql` and `))

/** In which order rows are wanted, and how many; undefined where it is all of them, in any order. */
type Wanted = { order: 'asc' | 'desc'; limit: number } | undefined

const directed = (names: readonly string[], { order, limit }: NonNullable<Wanted>) =>
  sql`order by ${sql.join(names.map((name) => sql`${sql.ref(name)} ${sql.raw(order)}`))} limit ${limit}`

const row = (parts: readonly RawBuilder<unknown>[]) => sql`(${sql.join([...parts])})`

/**
 * That an entry stands in a span, and has the values that are sought. For rows in order it is said as bounds of an index, which is
 * then the one way to have that order: as equalities, the planner would rather walk the whole log backwards for what it takes to
 * be frequent.
 */
const within = (columns: readonly string[], { after, before }: Required<Span>, wanted: Wanted): Condition[] => {
  const places = (sign: '>' | '<', place: number) => sql<SqlBool>`entry.log_index ${sql.raw(sign)} ${String(place)}::bigint`
  const given = columns.map((column) => sql`${sql.ref(`entry.${column}`)}`)
  const sought = columns.map((column) => sql`${sql.ref(`sought.${column}`)}`)
  if (wanted === undefined || columns.length === 0)
    return [...given.map((column, at): Condition => sql`${column} = ${sought[at]}`), places('>', after), places('<', before)]
  const bound = (sign: '>' | '<', place: number): Condition =>
    sql`${row([...given, sql`entry.log_index`])} ${sql.raw(sign)} ${row([...sought, sql`${String(place)}::bigint`])}`
  // What the indexes leave out, and the bounds do not say.
  const held = given.map((column): Condition => sql`${column} is not null`)
  return [...held, bound('>', after), bound('<', before)]
}

/** The entries of one index that meet conditions, first in order. */
const fromIndex = ({ columns, values, of }: Driver, conditions: readonly Condition[], span: Required<Span>, wanted: Wanted): Entries => {
  const met = every([...within(columns, span, wanted), ...(of ? [of] : []), ...conditions])
  const ordered =
    wanted === undefined
      ? sql``
      : directed(
          [...columns, 'log_index'].map((column) => `entry.${column}`),
          wanted,
        )
  const entries: Entries = sql`select entry.* from log_entries entry where ${met} ${ordered}`
  if (columns.length === 0) return entries
  const names = columns.map((column) => sql.ref(column))
  const lists = columns.map((_, at) => sql`${values.map((value) => value[at])}::text[]`)
  return sql`
    select hit.* from (select distinct * from unnest(${sql.join(lists)}) as given (${sql.join(names)})) sought
    cross join lateral (${entries}) hit`
}

const fromHeld = ({ events, sessions }: Held, conditions: readonly Condition[], span: Required<Span>, wanted: Wanted): Entries => sql`
  (select entry.* from log_entries entry
   where entry.event_id = any(${events}::text[]) and ${every([...within([], span, undefined), ...conditions])})
  union (${fromIndex({ columns: ['session_id'], values: sessions.map((id) => [id]) }, conditions, span, wanted)})`

const fromWay = (way: Way | undefined, conditions: readonly Condition[], span: Required<Span>, wanted?: Wanted): Entries => {
  if (way === undefined) return fromIndex({ columns: [], values: [] }, conditions, span, wanted)
  return 'held' in way ? fromHeld(way.held, conditions, span, wanted) : fromIndex(way.by, conditions, span, wanted)
}

type Chosen = { way: Way | undefined; count: number }

/** The way that finds fewest, whatever else is asked, and how many it finds, counted up to a limit. */
const chooseWay = async (
  db: Kysely<Tables>,
  ways: readonly Way[],
  span: Required<Span>,
  limit = comparedMaximum.first,
): Promise<Chosen> => {
  if (ways.length === 0) return { way: undefined, count: Number.MAX_SAFE_INTEGER }
  const wanted = { order: 'desc', limit } as const
  const counts = ways.map(
    (way) => sql`(select count(*) from (select from (${fromWay(way, [], span, wanted)}) hit limit ${limit}) found)::int`,
  )
  const { rows } = await asReader({ db }, (tx) => sql<{ counts: number[] }>`select array[${sql.join(counts)}] as counts`.execute(tx))
  const found = rows[0]?.counts ?? []
  const count = Math.min(...found)
  if (ways.length > 1 && count === limit && limit < comparedMaximum.again) return await chooseWay(db, ways, span, comparedMaximum.again)
  return { way: ways[found.indexOf(count)], count }
}

const narrow = ({ after = -1, before = Number.MAX_SAFE_INTEGER }: Span, bounds = { lo: 0, hi: before }): Required<Span> => ({
  after: Math.max(after, bounds.lo - 1),
  before: Math.min(before, bounds.hi),
})

/** Staff are known by their addresses to those who read: where one is given, it is looked up. */
const withActors = async (db: Kysely<Tables>, filter: EventFilter): Promise<EventFilter> => {
  const { actor_id } = filter
  const addresses = [...(actor_id?.any ?? []), ...(actor_id?.none ?? [])].filter((value) => value.includes('@'))
  if (!actor_id || addresses.length === 0) return filter
  const staff = await db.selectFrom('staff').select(['id', 'email']).where('email', 'in', addresses).execute()
  const idsOf = (value: string): string[] => [value, ...staff.filter(({ email }) => email === value).map(({ id }) => id)]
  return { ...filter, actor_id: { any: actor_id.any.flatMap(idsOf), none: actor_id.none.flatMap(idsOf) } }
}

const requireSession = ({ request_id, session_id }: EventFilter): void => {
  if (request_id && (session_id?.any.length ?? 0) === 0)
    throw new Refusal('invalid_request', { errors: [{ path: '/request_id', message: 'needs session_id beside it' }] })
}

const countOf = async (db: Kysely<Tables>, entries: RawBuilder<unknown>): Promise<number> => {
  const { rows } = await sql<{ count: string }>`select count(*) as count from (${entries}) hit`.execute(db)
  return Number(rows[0]?.count)
}

/** A way, and the span of the log in which it is gone. */
type Plan = Chosen & { span: Required<Span> }

/** Makes filters into what the log is asked. Read as the program, whoever is shown the events then. */
export const matching = async (db: Kysely<Tables>, filters: EventFilters): Promise<Matching> => {
  const filter = await withActors(db, parseFilter(filters))
  requireSession(filter)
  const conditions = conditionsOf(filter)
  let read: Promise<{ bounds: { lo: number; hi: number }; ways: Way[] }> | undefined
  const learn = () => {
    read ??= Promise.all([timeBounds(db, filter), waysFor(db, filter)]).then(([bounds, ways]) => ({ bounds, ways }))
    return read
  }
  const isShort = ({ after, before }: Required<Span>): boolean => before - after <= shortSpan
  const plan = async (asked: Span): Promise<Plan> => {
    const given = narrow(asked)
    if (conditions.length === 0 || isShort(given)) return { span: given, way: undefined, count: 0 }
    const { bounds, ways } = await learn()
    const span = narrow(given, bounds)
    if (isShort(span)) return { span, way: undefined, count: 0 }
    // Of one way it matters how many it finds only where words are looked for in them.
    if (ways.length === 1 && filter.text === undefined) return { span, way: ways[0], count: 0 }
    return { span, ...(await chooseWay(db, ways, span)) }
  }
  /** Words that many have are soon met on the way; where they are not, their own index is asked. */
  const planWords = async ({ span, way, count }: Plan, wanted: NonNullable<Wanted>): Promise<Plan> => {
    const limit = way === undefined ? metMaximum.ofLog : metMaximum.ofIndex
    if (filter.text === undefined || count <= limit) return { span, way, count }
    const first = sql`select * from (${fromWay(way, [], span, { ...wanted, limit })}) entry ${directed(['log_index'], { ...wanted, limit })}`
    const met = sql`select from (${first}) entry where ${every(conditions)} limit ${wanted.limit}`
    if ((await asReader({ db }, (tx) => countOf(tx, met))) === wanted.limit) return { span, way, count }
    return { span, way: (await wayByWords(db, filter)) ?? way, count }
  }
  return {
    async find({ order, limit, ...asked }) {
      const wanted = { order, limit }
      const { span, way } = await planWords(await plan(asked), wanted)
      const entries = fromWay(way, conditions, span, wanted)
      return async (as) => {
        const { rows } = await sql<BodyRow>`
          select entry.log_index, event.body from (select * from (${entries}) entry ${directed(['log_index'], wanted)}) entry
          join events event on event.n = entry.event_n order by entry.log_index ${sql.raw(order)}`.execute(as)
        return rows
      }
    },
    async count(asked, limit) {
      const wanted: Wanted = limit === undefined ? undefined : { order: 'desc', limit }
      const planned = await plan(asked)
      const { span, way } = wanted ? await planWords(planned, wanted) : planned
      const entries = fromWay(way, conditions, span, wanted)
      return (as) => countOf(as, wanted ? sql`select from (${entries}) hit limit ${wanted.limit}` : entries)
    },
    sample: async (as, before, step) =>
      await countOf(
        as,
        sql`select from generate_series(0, ${before - 1}::bigint, ${step}) as place
          join log_entries entry on entry.log_index = place where ${every(conditions)}`,
      ),
  }
}
