import type { EventOf, LoggedEvent } from '@countersign/contract/events.ts'
import type { AccessLogFile, AccessLogRow } from '@countersign/contract/sessions.ts'

type Admitted = LoggedEvent & EventOf<'SUPPORT_SESSION.ASSET.ADMITTED'>
type Loaded = LoggedEvent & EventOf<'SUPPORT_SESSION.ASSET.LOADED'>

/** A file as it was admitted, and when. */
type Begun = { file: AccessLogFile; log_index: number; at: string }

const begun = ({ request: { id, method, path }, log_index, occurred_at }: Admitted): Begun => ({
  file: { request_id: id, method, path: path ?? null, status: null, code: null, duration_ms: null, bytes: null },
  log_index,
  at: occurred_at,
})

const loaded = ({ log_index, occurred_at, result, code, request, details }: Loaded): AccessLogRow => ({
  log_index,
  via: 'browser',
  request_id: request.id,
  at: occurred_at,
  method: request.method,
  path: null,
  route: null,
  scope: null,
  outcome: result === 'ok' ? 'completed' : 'failed',
  status: null,
  code: code ?? null,
  duration_ms: request.duration_ms ?? null,
  bytes: request.bytes ?? null,
  files: details.files.map(({ id, status = null, code = null, duration_ms = null, bytes = null }) => ({
    ...{ request_id: id, method: request.method, path: null, status, code, duration_ms, bytes },
  })),
})

const earliest = (instants: readonly string[]): string => instants.reduce((first, each) => (each < first ? each : first))

/** A load with what is known of its files from elsewhere: how they were admitted. */
const withBegun = (row: AccessLogRow, known: ReadonlyMap<string, Begun>): AccessLogRow => {
  const files = (row.files ?? []).map((file) => {
    const from = known.get(file.request_id)?.file
    return from ? { ...file, method: from.method, path: from.path ?? file.path } : file
  })
  const instants = files.flatMap(({ request_id }) => known.get(request_id)?.at ?? [])
  return { ...row, files, path: files[0]?.path ?? row.path, at: earliest([row.at, ...instants]) }
}

/** Files that are still loading, as one row. */
const loading = (files: readonly Begun[]): AccessLogRow[] => {
  const [first] = files
  if (!first) return []
  const { request_id, method, path } = first.file
  return [
    {
      ...{ log_index: first.log_index, request_id, at: earliest(files.map(({ at }) => at)), method, path },
      ...{ via: 'browser', route: null, scope: null, outcome: 'admitted', status: null, code: null, duration_ms: null, bytes: null },
      files: files.map(({ file }) => file),
    },
  ]
}

/** One row for the static files of a page. Folding an event again changes nothing, nor does their order. */
export const foldFiles = (rows: readonly AccessLogRow[], events: readonly LoggedEvent[]): AccessLogRow[] => {
  const known = new Map<string, Begun>()
  const loads = new Map<string, AccessLogRow>()
  for (const row of rows) {
    if (row.files === null) continue
    if (row.outcome !== 'admitted') loads.set(row.request_id, row)
    else for (const file of row.files) known.set(file.request_id, { file, log_index: row.log_index, at: row.at })
  }
  for (const event of events) {
    if (event.action === 'SUPPORT_SESSION.ASSET.ADMITTED') known.set(event.request.id, begun(event as Admitted))
    if (event.action === 'SUPPORT_SESSION.ASSET.LOADED' && !loads.has(event.request.id))
      loads.set(event.request.id, loaded(event as Loaded))
  }
  const settled = new Set([...loads.values()].flatMap(({ files }) => (files ?? []).map(({ request_id }) => request_id)))
  const open = [...known.values()].filter(({ file }) => !settled.has(file.request_id)).sort((a, b) => a.log_index - b.log_index)
  return [...[...loads.values()].map((row) => withBegun(row, known)), ...loading(open)]
}
