import type { Event } from '@countersign/contract/events.ts'
import { digestsIn, reveal } from '@countersign/log/disclosure.ts'
import { type DisclosureRow, digestOfRow } from '../../server/src/audit/commit.ts'
import { type Entry, holdersOf } from '../../server/src/audit/disclose.ts'

export type EventFilter = { action?: string; session_id?: string; request_id?: string; actor_id?: string }
// biome-ignore lint/suspicious/noExplicitAny: rows are what the statement says
type Database = { query(text: string, values: unknown[]): Promise<{ rows: any[] }> }

/** The events of entries, with what lies beside them in place. */
export const revealAll = async (database: Database, bodies: readonly string[]): Promise<Event[]> => {
  const entries = bodies.map((body) => JSON.parse(body) as Entry)
  const holders = entries.filter((entry) => digestsIn(entry).size > 0).flatMap(holdersOf)
  const { rows } = await database.query('select * from disclosures where holder = any($1::text[])', [[...new Set(holders)]])
  const values = new Map((rows as DisclosureRow[]).map((row) => [digestOfRow(row), row.value]))
  const find = (_: string, digest: string) => values.has(digest) && JSON.parse(values.get(digest) as string)
  return entries.map((entry) => reveal(entry, find).event as Event)
}

/** Every recorded event of these, oldest first. The database looks for the text, since a log grows long under load. */
export const readEvents = async (database: Database, filter: EventFilter = {}): Promise<Event[]> => {
  const { action, session_id, request_id, actor_id } = filter
  const { rows } = await database.query(
    'select body from events where n > 0 and (select coalesce(bool_and(strpos(body, part) > 0), true) from unnest($1::text[]) as part) order by n',
    [Object.values(filter).filter((part) => part !== undefined)],
  )
  const events = await revealAll(
    database,
    rows.map(({ body }) => body as string),
  )
  return events
    .filter((event) => action === undefined || event.action === action)
    .filter((event) => session_id === undefined || event.session_id === session_id)
    .filter((event) => request_id === undefined || event.request?.id === request_id)
    .filter((event) => actor_id === undefined || event.actor.id === actor_id)
}
