import type { LoggedEvent } from '@countersign/contract/events.ts'
import type { AccessLogPage } from '@countersign/contract/sessions.ts'
import type { Store } from '../store/open.ts'
import { type Page, pageOfRows, parseCursor } from './cursor.ts'
import { discloseAll } from './disclose.ts'
import { foldAccessLog } from './fold-access-log.ts'

/**
 * A request enters the log with one of the first two; what comes later completes it. Files that were loaded together enter it with
 * the third, for what each of them was admitted with.
 */
const firstActions = ['SUPPORT_SESSION.REQUEST.ADMITTED', 'SUPPORT_SESSION.REQUEST.REFUSED', 'SUPPORT_SESSION.ASSET.LOADED']

const readFirst = async ({ db }: Pick<Store, 'db'>, sessionId: string, before: number | undefined, limit: number) => {
  const query = db
    .selectFrom('log_entries')
    .select(['log_index', 'request_id'])
    .where('session_id', '=', sessionId)
    .where('action', 'in', firstActions)
    .where('request_id', 'is not', null)
    .orderBy('log_index', 'desc')
    .limit(limit)
  const rows = await (before === undefined ? query : query.where('log_index', '<', String(before))).execute()
  return rows.map(({ log_index, request_id }) => ({ log_index: Number(log_index), request_id: request_id as string }))
}

/** The events of these requests of a session, in the order of the log. */
const readRequests = async ({ db }: Pick<Store, 'db'>, sessionId: string, oldest: number, ids: string[]): Promise<LoggedEvent[]> => {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('log_entries as entry')
    .innerJoin('events as event', 'event.n', 'entry.event_n')
    .select(['entry.log_index', 'event.body'])
    .where('entry.session_id', '=', sessionId)
    .where('entry.log_index', '>=', String(oldest))
    .where('entry.category', '=', 'support_session')
    .where('entry.request_id', 'in', ids)
    .orderBy('entry.log_index')
    .execute()
  return await discloseAll(db, rows)
}

/** Files were admitted before the outcome of their page was recorded. */
const readFiles = async (store: Pick<Store, 'db'>, sessionId: string, events: readonly LoggedEvent[]): Promise<LoggedEvent[]> => {
  const ids = events.flatMap((event) => (event.action === 'SUPPORT_SESSION.ASSET.LOADED' ? event.details.files.map(({ id }) => id) : []))
  return await readRequests(store, sessionId, 0, ids)
}

/** Every request of a session, refused ones too, newest first (C44). Requests still under way are `admitted`. */
export const listAccessLog = async (store: Pick<Store, 'db'>, sessionId: string, { cursor, limit }: Page): Promise<AccessLogPage> => {
  const before = cursor === undefined ? undefined : parseCursor(cursor)
  const { items, next_cursor } = pageOfRows(await readFirst(store, sessionId, before, limit + 1), limit)
  const oldest = items.at(-1)
  if (!oldest) return { items: [], next_cursor: null }
  const ids = items.map(({ request_id }) => request_id)
  const events = await readRequests(store, sessionId, oldest.log_index, ids)
  return { items: foldAccessLog([...(await readFiles(store, sessionId, events)), ...events]), next_cursor }
}
