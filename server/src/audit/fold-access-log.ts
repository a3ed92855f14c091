import type { EventOf, LoggedEvent } from '@countersign/contract/events.ts'
import type { AccessLogFile, AccessLogRow } from '@countersign/contract/sessions.ts'

const outcomes: Partial<Record<LoggedEvent['action'], AccessLogRow['outcome']>> = {
  'SUPPORT_SESSION.REQUEST.ADMITTED': 'admitted',
  'SUPPORT_SESSION.REQUEST.COMPLETED': 'completed',
  'SUPPORT_SESSION.REQUEST.FAILED': 'failed',
  'SUPPORT_SESSION.REQUEST.REFUSED': 'refused',
  'SUPPORT_SESSION.REQUEST.CUT': 'cut',
}

const viaOf = ({ details }: LoggedEvent): AccessLogRow['via'] => (details && 'via' in details ? (details.via ?? 'token') : 'token')

/** One event more of a request: what it tells anew replaces what was known, its beginning stays. */
export const foldRequestEvent = (row: AccessLogRow | undefined, event: LoggedEvent): AccessLogRow | undefined => {
  const { action, request, log_index, occurred_at, code } = event
  const note = 'note' in event && typeof event.note === 'string' ? event.note : row?.note
  const outcome = outcomes[action]
  if (!request || !outcome) return row
  return {
    log_index: row?.log_index ?? log_index,
    via: row?.via ?? viaOf(event),
    request_id: request.id,
    at: row?.at ?? occurred_at,
    method: request.method,
    path: request.path ?? row?.path ?? null,
    route: request.route ?? row?.route ?? null,
    scope: request.scope ?? row?.scope ?? null,
    outcome,
    status: request.status ?? row?.status ?? null,
    code: code ?? row?.code ?? null,
    ...(note === undefined ? {} : { note }),
    ...(request.reads ? { reads: true } : {}),
    duration_ms: request.duration_ms ?? row?.duration_ms ?? null,
    bytes: request.bytes ?? row?.bytes ?? null,
    files: null,
  }
}

type Admitted = LoggedEvent & EventOf<'SUPPORT_SESSION.ASSET.ADMITTED'>
type Loaded = LoggedEvent & EventOf<'SUPPORT_SESSION.ASSET.LOADED'>

const isAdmitted = (event: LoggedEvent): event is Admitted => event.action === 'SUPPORT_SESSION.ASSET.ADMITTED'
const isLoaded = (event: LoggedEvent): event is Loaded => event.action === 'SUPPORT_SESSION.ASSET.LOADED'

const rowOfFiles = ({ log_index, occurred_at, code, request }: Admitted | Loaded, files: AccessLogFile[]): AccessLogRow => ({
  log_index,
  via: 'browser',
  request_id: request.id,
  at: occurred_at,
  method: request.method,
  path: files[0]?.path ?? null,
  route: null,
  scope: null,
  outcome: 'admitted',
  status: null,
  code: code ?? null,
  duration_ms: request.duration_ms ?? null,
  bytes: request.bytes ?? null,
  files,
})

const loadedRow = (event: Loaded, admitted: ReadonlyMap<string, Admitted>): AccessLogRow => {
  const files = event.details.files.map(
    ({ id, status = null, bytes = null, duration_ms = null, code = null }): AccessLogFile => ({
      request_id: id,
      method: admitted.get(id)?.request.method ?? event.request.method,
      path: admitted.get(id)?.request.path ?? null,
      ...{ status, code, duration_ms, bytes },
    }),
  )
  const instants = files.flatMap(({ request_id }) => admitted.get(request_id)?.occurred_at ?? [])
  const at = instants.reduce((first, each) => (each < first ? each : first), event.occurred_at)
  return { ...rowOfFiles(event, files), at, outcome: event.result === 'ok' ? 'completed' : 'failed' }
}

/** Files that are still loading. */
const loadingRow = (first: Admitted, files: readonly Admitted[]): AccessLogRow =>
  rowOfFiles(
    first,
    files.map(({ request: { id, method, path = null } }) => ({
      ...{ request_id: id, method, path, status: null, code: null, duration_ms: null, bytes: null },
    })),
  )

/** Static files that were loaded together are one row. */
const foldFiles = (events: readonly LoggedEvent[]): AccessLogRow[] => {
  const admitted = new Map(events.filter(isAdmitted).map((event) => [event.request.id, event]))
  const loads = events.filter(isLoaded)
  const settled = new Set(loads.flatMap(({ details }) => details.files.map(({ id }) => id)))
  const loading = [...admitted.values()].filter(({ request }) => !settled.has(request.id))
  const [first] = loading
  return [...loads.map((load) => loadedRow(load, admitted)), ...(first ? [loadingRow(first, loading)] : [])]
}

/** The access log that events, in the order of the log, add up to: a row a request, newest first. */
export const foldAccessLog = (events: readonly LoggedEvent[]): AccessLogRow[] => {
  const rows = new Map<string, AccessLogRow>()
  for (const event of events) {
    const row = foldRequestEvent(rows.get(event.request?.id ?? ''), event)
    if (row) rows.set(row.request_id, row)
  }
  return [...rows.values(), ...foldFiles(events)].sort((a, b) => b.log_index - a.log_index)
}
