import type { Choice } from '@countersign/contract/choice.ts'
import type { EventFilter } from '@countersign/contract/event-filter.ts'
import { chosenNames } from '@countersign/contract/event-filter.ts'
import { type RawBuilder, type SqlBool, sql } from 'kysely'

export type Condition = RawBuilder<SqlBool>

/** The events whose reason is that of their session, and is kept for it. */
export const openings = sql.raw(`('SUPPORT_SESSION.CREATED', 'IMPERSONATE.STARTED')`)

/** Values are kept as JSON: what is looked for is written the same way. Wildcards of the database stand for themselves. */
export const likePattern = (text: string): string =>
  `%${JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(/[\\%_]/g, '\\$&')
    .toLowerCase()}%`

// "is true" keeps the planner from taking an index for it: which one to take is judged in drivers.ts, by what is there.
const chosen = (column: string, { any, none }: Choice): Condition[] => [
  ...(any.length > 0 ? [sql<SqlBool>`(${sql.ref(`entry.${column}`)} = any(${any}::text[])) is true`] : []),
  ...(none.length > 0 ? [sql<SqlBool>`(${sql.ref(`entry.${column}`)} = any(${none}::text[])) is not true`] : []),
]

// As values, not as `exists`: that the planner would turn round, and read all that is kept beside events first.
const onTicket = (tickets: readonly string[]): Condition => {
  const named = (holder: string) => sql`coalesce((
    select true from disclosures d where d.member = 'ticket' and d.holder = ${sql.ref(holder)}
      and d.value = any(${tickets.map((ticket) => JSON.stringify(ticket))}::text[])
    limit 1), false)`
  return sql<SqlBool>`(${named('entry.event_id')} or ${named('entry.session_id')})`
}

/** What each request records, which is nearly all of a log, and has neither a reason nor a note. */
export const ofEachRequest: readonly string[] = [
  'SUPPORT_SESSION.REQUEST.ADMITTED',
  'SUPPORT_SESSION.REQUEST.COMPLETED',
  'SUPPORT_SESSION.ASSET.ADMITTED',
]
/** As the indexes by action have it. */
export const others = sql.raw<boolean>(`entry.action not in (${ofEachRequest.map((name) => `'${name}'`).join(', ')})`)

const saying = (text: string): Condition => {
  const said = (holder: string) => sql`coalesce((
    select true from disclosures d where d.member in ('reason', 'note') and d.holder = ${sql.ref(holder)} and lower(d.value) like ${likePattern(text)} limit 1), false)`
  return sql<SqlBool>`(${others}) is true and (${said('entry.event_id')} or (entry.action in ${openings} and ${said('entry.session_id')}))`
}

const columns = {
  actor_id: 'actor_id',
  resource_type: 'target_kind',
  target_id: 'target_id',
  tenant_id: 'tenant_id',
  session_id: 'session_id',
  request_id: 'request_id',
  result: 'result',
} as const

/** All that a filter asks of an entry, whatever finds it. */
export const conditionsOf = (filter: EventFilter): Condition[] => {
  const { ticket, text, from, to } = filter
  const names = chosenNames(filter)
  return [
    ...(names ? [sql<SqlBool>`(entry.action = any(${names}::text[])) is true`] : []),
    ...Object.entries(columns).flatMap(([name, column]) => {
      const choice = filter[name as keyof typeof columns]
      return choice ? chosen(column, choice) : []
    }),
    ...(ticket && ticket.any.length > 0 ? [onTicket(ticket.any)] : []),
    ...(ticket && ticket.none.length > 0 ? [sql<SqlBool>`not ${onTicket(ticket.none)}`] : []),
    ...(text === undefined ? [] : [saying(text)]),
    ...(from === undefined ? [] : [sql<SqlBool>`(entry.occurred_at >= ${from}::timestamptz) is true`]),
    ...(to === undefined ? [] : [sql<SqlBool>`(entry.occurred_at < ${to}::timestamptz) is true`]),
  ]
}
