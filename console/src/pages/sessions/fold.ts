import type { LoggedEvent } from '@countersign/contract/events.ts'
import type { AccessLogRow } from '@countersign/contract/sessions.ts'
import { foldFiles } from './foldFiles.ts'

type Outcome = AccessLogRow['outcome']

const outcomes: Record<string, Outcome> = {
  'SUPPORT_SESSION.REQUEST.ADMITTED': 'admitted',
  'SUPPORT_SESSION.REQUEST.COMPLETED': 'completed',
  'SUPPORT_SESSION.REQUEST.FAILED': 'failed',
  'SUPPORT_SESSION.REQUEST.CUT': 'cut',
  'SUPPORT_SESSION.REQUEST.REFUSED': 'refused',
}

const viaOf = ({ details }: LoggedEvent): AccessLogRow['via'] => (details && 'via' in details ? (details.via ?? 'token') : 'token')

const began = (event: LoggedEvent, request: NonNullable<LoggedEvent['request']>): AccessLogRow => ({
  log_index: event.log_index,
  via: viaOf(event),
  request_id: request.id,
  at: event.occurred_at,
  method: request.method,
  path: request.path ?? null,
  route: request.route ?? null,
  scope: request.scope ?? null,
  ...(request.reads ? { reads: true } : {}),
  outcome: 'admitted',
  status: null,
  code: null,
  duration_ms: null,
  bytes: null,
  files: null,
})

const ended = (row: AccessLogRow, event: LoggedEvent, outcome: Outcome): AccessLogRow => ({
  ...row,
  log_index: Math.min(row.log_index, event.log_index),
  outcome,
  status: event.request?.status ?? row.status,
  code: event.code ?? row.code,
  ...(event.note === undefined ? {} : { note: event.note }),
  duration_ms: event.request?.duration_ms ?? row.duration_ms,
  bytes: event.request?.bytes ?? row.bytes,
})

/**
 * One row for each request: its admission and its end, or its refusal, newest first; and one for the static files of a page. Folding
 * an event again, or one whose row is already complete, changes nothing.
 */
export const foldAccess = (rows: readonly AccessLogRow[], events: readonly LoggedEvent[]): AccessLogRow[] => {
  const byRequest = new Map(rows.filter(({ files }) => files === null).map((row) => [row.request_id, row]))
  for (const event of events) {
    const outcome = outcomes[event.action]
    if (!outcome || !event.request) continue
    const row = byRequest.get(event.request.id) ?? began(event, event.request)
    byRequest.set(
      row.request_id,
      outcome === 'admitted' ? { ...row, log_index: Math.min(row.log_index, event.log_index) } : ended(row, event, outcome),
    )
  }
  return [...byRequest.values(), ...foldFiles(rows, events)].sort((a, b) => b.log_index - a.log_index)
}
