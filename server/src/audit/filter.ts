import type { EventFilters } from '@countersign/contract/events.ts'
import { type Kysely, type SqlBool, sql } from 'kysely'
import type { Tables } from '../store/tables.ts'

/** What each request records, which the index of actions leaves out. */
const ofEachRequest = ['SUPPORT_SESSION.REQUEST.ADMITTED', 'SUPPORT_SESSION.REQUEST.COMPLETED']

/** Whether a filter by action, a name or the beginning of names, lets this one through. */
const lets = (action: string, name: string): boolean => (action.endsWith('*') ? name.startsWith(action.slice(0, -1)) : name === action)

/** Underscores and per cent signs stand for themselves. */
const prefixPattern = (text: string): string => `${text.slice(0, -1).replaceAll(/[\\%_]/g, '\\$&')}%`

/** What was done on a ticket: events that name it, and those of the sessions that were opened on it. */
const onTicket = async (db: Kysely<Tables>, ticket: string) => {
  const rows = await db
    .selectFrom('disclosures')
    .select('holder')
    .where('member', '=', 'ticket')
    .where('value', '=', JSON.stringify(ticket))
    .execute()
  const holders = rows.map(({ holder }) => holder)
  return sql<SqlBool>`(entry.event_id = any(${holders}::text[]) or entry.session_id = any(${holders}::text[]))`
}

/** The events of the log that match all filters, with their place, not ordered. */
export const matchingEvents = async (db: Kysely<Tables>, filters: EventFilters) => {
  const { category, action, actor_id, resource_type, target_id, tenant_id, session_id, ticket, result, from, to } = filters
  let query = db
    .selectFrom('log_entries as entry')
    .innerJoin('events as event', 'event.n', 'entry.event_n')
    .select(['entry.log_index', 'event.body'])
  const equal = { category, actor_id, target_kind: resource_type, target_id, tenant_id, session_id, result } as const
  for (const [column, value] of Object.entries(equal) as [keyof typeof equal, string | undefined][]) {
    if (value !== undefined) query = query.where(`entry.${column}`, '=', value)
  }
  if (action?.endsWith('*')) query = query.where('entry.action', 'like', prefixPattern(action))
  else if (action !== undefined) query = query.where('entry.action', '=', action)
  // Says nothing new, but what the database has to read to take that index.
  if (action !== undefined && !ofEachRequest.some((name) => lets(action, name)))
    query = query.where('entry.action', 'not in', ofEachRequest)
  if (from !== undefined) query = query.where(sql<SqlBool>`entry.occurred_at >= ${from}::timestamptz`)
  if (to !== undefined) query = query.where(sql<SqlBool>`entry.occurred_at < ${to}::timestamptz`)
  if (ticket !== undefined) query = query.where(await onTicket(db, ticket))
  return { query }
}
