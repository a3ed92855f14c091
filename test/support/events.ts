import type { Event } from '@countersign/contract/events.ts'

export type EventFilter = { action?: string; session_id?: string; request_id?: string; actor_id?: string }
type Database = { query(text: string, values: unknown[]): Promise<{ rows: { body: string }[] }> }

/** Every recorded event of these, oldest first. The database looks for the text, since a log grows long under load. */
export const readEvents = async (database: Database, filter: EventFilter = {}): Promise<Event[]> => {
  const { action, session_id, request_id, actor_id } = filter
  const { rows } = await database.query(
    'select body from events where (select coalesce(bool_and(strpos(body, part) > 0), true) from unnest($1::text[]) as part) order by n',
    [Object.values(filter).filter((part) => part !== undefined)],
  )
  return rows
    .map(({ body }) => JSON.parse(body) as Event)
    .filter((event) => action === undefined || event.action === action)
    .filter((event) => session_id === undefined || event.session_id === session_id)
    .filter((event) => request_id === undefined || event.request?.id === request_id)
    .filter((event) => actor_id === undefined || event.actor.id === actor_id)
}
