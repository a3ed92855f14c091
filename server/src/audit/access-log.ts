import type { LoggedEvent } from '@countersign/contract/events.ts'
import type { AccessLogPage } from '@countersign/contract/sessions.ts'
import type { Store } from '../store/open.ts'
import { type Page, pageOfRows, parseCursor } from './cursor.ts'
import { discloseAll } from './disclose.ts'
import { foldAccessLog } from './fold-access-log.ts'

/** A request enters the log with one of these; what comes later completes it. */
const firstActions = ['SUPPORT_SESSION.REQUEST.ADMITTED', 'SUPPORT_SESSION.REQUEST.REFUSED']

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

const readRequests = async ({ db }: Pick<Store, 'db'>, sessionId: string, oldest: number, ids: string[]): Promise<LoggedEvent[]> => {
  const rows = await db
    .selectFrom('log_entries as entry')
    .innerJoin('events as event', 'event.n', 'entry.event_n')
    .select(['entry.log_index', 'event.body'])
    .where('entry.session_id', '=', sessionId)
    .where('entry.log_index', '>=', String(oldest))
    .where('entry.action', 'like', 'SUPPORT_SESSION.REQUEST.%')
    .where('entry.request_id', 'in', ids)
    .orderBy('entry.log_index')
    .execute()
  return await discloseAll(db, rows)
}

/** Every request of a session, refused ones too, newest first (C44). Requests still under way are `admitted`. */
export const listAccessLog = async (store: Pick<Store, 'db'>, sessionId: string, { cursor, limit }: Page): Promise<AccessLogPage> => {
  const before = cursor === undefined ? undefined : parseCursor(cursor)
  const { items, next_cursor } = pageOfRows(await readFirst(store, sessionId, before, limit + 1), limit)
  const oldest = items.at(-1)
  if (!oldest) return { items: [], next_cursor: null }
  const ids = items.map(({ request_id }) => request_id)
  return { items: foldAccessLog(await readRequests(store, sessionId, oldest.log_index, ids)), next_cursor }
}
