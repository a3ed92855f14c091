import { type EventFilter, parseFilter } from '@countersign/contract/event-filter.ts'
import type { EventFilters } from '@countersign/contract/events.ts'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { Refusal } from '../errors.ts'
import type { Tables } from '../store/tables.ts'
import { type Condition, conditionsOf } from './conditions.ts'
import type { BodyRow } from './disclose.ts'
import { type Driver, type Held, type Way, waysFor } from './drivers.ts'
import { timeBounds } from './time-bounds.ts'

/** Which places of the log: those after one and before another. */
export type Span = { after?: number | undefined; before?: number | undefined }
export type Place = Span & { order: 'asc' | 'desc'; limit: number }

/** What a filter means in this log, now: its words as ids, its time as places. */
export type Matching = {
  /** Rows that match, in order. May be asked in another role than the one that made this: it adds nothing to what that one sees. */
  find(db: Kysely<Tables>, place: Place): Promise<BodyRow[]>
  /** How many match, counted no further than to a limit. */
  count(db: Kysely<Tables>, span: Span, limit?: number): Promise<number>
  /** How many match of each so many entries below a place. */
  sample(db: Kysely<Tables>, before: number, step: number): Promise<number>
}

type Entries = RawBuilder<{ log_index: string; event_n: string }>

/** Up to this size a span is read as it stands. */
const shortSpan = 2000
/** Ways to find are compared by what they find, up to this. */
const comparedMaximum = 20_000

const every = (conditions: readonly Condition[]): Condition => (conditions.length === 0 ? sql`true` : sql.join([...conditions], sql` and `))

/** The entries of one index that meet conditions, first in order: without a sort, whatever the planner thinks of them. */
const fromIndex = ({ columns, values, of }: Driver, conditions: readonly Condition[], ordered: RawBuilder<unknown>): Entries => {
  const met = [...(of ? [of] : []), ...conditions]
  if (columns.length === 0) return sql`select entry.log_index, entry.event_n from log_entries entry where ${every(met)} ${ordered}`
  const names = columns.map((column) => sql.ref(column))
  const lists = columns.map((_, at) => sql`${values.map((row) => row[at])}::text[]`)
  const equal = columns.map((column): Condition => sql`${sql.ref(`entry.${column}`)} = ${sql.ref(`sought.${column}`)}`)
  return sql`
    select hit.* from (select distinct * from unnest(${sql.join(lists)}) as given (${sql.join(names)})) sought cross join lateral (
      select entry.log_index, entry.event_n from log_entries entry where ${every([...equal, ...met])} ${ordered}) hit`
}

const fromHeld = ({ events, sessions }: Held, conditions: readonly Condition[], ordered: RawBuilder<unknown>): Entries => sql`
  (select entry.log_index, entry.event_n from log_entries entry where entry.event_id = any(${events}::text[]) and ${every(conditions)})
  union (${fromIndex({ columns: ['session_id'], values: sessions.map((id) => [id]) }, conditions, ordered)})`

const fromWay = (way: Way | undefined, conditions: readonly Condition[], ordered: RawBuilder<unknown>): Entries => {
  if (way === undefined) return fromIndex({ columns: [], values: [] }, conditions, ordered)
  return 'held' in way ? fromHeld(way.held, conditions, ordered) : fromIndex(way.by, conditions, ordered)
}

const inSpan = ({ after, before }: Span): Condition[] => [
  ...(after === undefined ? [] : [sql<boolean>`entry.log_index > ${String(after)}::bigint`]),
  ...(before === undefined ? [] : [sql<boolean>`entry.log_index < ${String(before)}::bigint`]),
]

/** The way that finds fewest, whatever else is asked. */
const chooseWay = async (db: Kysely<Tables>, ways: readonly Way[], span: Span): Promise<Way | undefined> => {
  if (ways.length < 2) return ways[0]
  const limit = sql`limit ${comparedMaximum}`
  const counts = ways.map((way) => sql`(select count(*) from (select from (${fromWay(way, inSpan(span), limit)}) hit ${limit}) found)::int`)
  const { rows } = await sql<{ counts: number[] }>`select array[${sql.join(counts)}] as counts`.execute(db)
  const found = rows[0]?.counts ?? []
  return ways[found.indexOf(Math.min(...found))]
}

const narrow = (asked: Span, bounds: { lo: number; hi: number }): Required<Span> => ({
  after: Math.max(asked.after ?? -1, bounds.lo - 1),
  before: Math.min(asked.before ?? Number.MAX_SAFE_INTEGER, bounds.hi),
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
  const isShort = ({ after, before }: Span): boolean => before !== undefined && after !== undefined && before - after <= shortSpan
  const plan = async (asked: Span): Promise<{ span: Span; way: Way | undefined }> => {
    if (conditions.length === 0 || isShort(asked)) return { span: asked, way: undefined }
    const { bounds, ways } = await learn()
    const span = narrow(asked, bounds)
    return { span, way: isShort(span) ? undefined : await chooseWay(db, ways, span) }
  }
  return {
    async find(as, { order, limit, ...asked }) {
      const { span, way } = await plan(asked)
      const ordered = sql`order by log_index ${sql.raw(order)} limit ${limit}`
      const { rows } = await sql<BodyRow>`
        select entry.log_index, event.body
        from (select * from (${fromWay(way, [...inSpan(span), ...conditions], ordered)}) entry ${ordered}) entry
        join events event on event.n = entry.event_n order by entry.log_index ${sql.raw(order)}`.execute(as)
      return rows
    },
    async count(as, asked, limit) {
      const { span, way } = await plan(asked)
      const upTo = limit === undefined ? sql`` : sql`limit ${limit}`
      return await countOf(as, sql`select from (${fromWay(way, [...inSpan(span), ...conditions], upTo)}) hit ${upTo}`)
    },
    sample: async (as, before, step) =>
      await countOf(
        as,
        sql`select from generate_series(0, ${before - 1}::bigint, ${step}) as place
          join log_entries entry on entry.log_index = place where ${every(conditions)}`,
      ),
  }
}
