import type { LoggedEvent } from '@countersign/contract/events.ts'
import type { AccessLogRow } from '@countersign/contract/sessions.ts'

const outcomes: Partial<Record<LoggedEvent['action'], AccessLogRow['outcome']>> = {
  'SUPPORT_SESSION.REQUEST.ADMITTED': 'admitted',
  'SUPPORT_SESSION.REQUEST.COMPLETED': 'completed',
  'SUPPORT_SESSION.REQUEST.FAILED': 'failed',
  'SUPPORT_SESSION.REQUEST.REFUSED': 'refused',
  'SUPPORT_SESSION.REQUEST.CUT': 'cut',
}

/** One event more of a request: what it tells anew replaces what was known, its beginning stays. */
export const foldRequestEvent = (row: AccessLogRow | undefined, event: LoggedEvent): AccessLogRow | undefined => {
  const { action, request, log_index, occurred_at, code } = event
  const outcome = outcomes[action]
  if (!request || !outcome) return row
  return {
    log_index: row?.log_index ?? log_index,
    request_id: request.id,
    at: row?.at ?? occurred_at,
    method: request.method,
    path: request.path ?? row?.path ?? null,
    route: request.route ?? row?.route ?? null,
    scope: request.scope ?? row?.scope ?? null,
    outcome,
    status: request.status ?? row?.status ?? null,
    code: code ?? row?.code ?? null,
    duration_ms: request.duration_ms ?? row?.duration_ms ?? null,
    bytes: request.bytes ?? row?.bytes ?? null,
  }
}

/** The access log that events, in the order of the log, add up to: a row a request, newest first. */
export const foldAccessLog = (events: readonly LoggedEvent[]): AccessLogRow[] => {
  const rows = new Map<string, AccessLogRow>()
  for (const event of events) {
    const row = foldRequestEvent(rows.get(event.request?.id ?? ''), event)
    if (row) rows.set(row.request_id, row)
  }
  return [...rows.values()].sort((a, b) => b.log_index - a.log_index)
}
