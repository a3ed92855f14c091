import type { ExportFormat } from '@countersign/contract/exports.ts'
import { canonicalForm } from '@countersign/log/entry.ts'
import { type Cell, formatCsvRow } from '../csv.ts'

/** An event as an export shows it: with its place in the log, its values where they are, and the names of those that are not any more. */
export type ShownEvent = { readonly [member: string]: unknown }

type Written = { head: string; between: string; tail: string; row(event: ShownEvent): string }

const inner = (event: ShownEvent, name: string): ShownEvent => (event[name] ?? {}) as ShownEvent
const own = (name: string) => [name, (event: ShownEvent) => event[name] as Cell] as const
const of = (name: string, member: string) => [`${name}_${member}`, (event: ShownEvent) => inner(event, name)[member] as Cell] as const
const json = (value: unknown): Cell => (value === undefined ? undefined : canonicalForm(value))

/** Columns of CSV. Their order and names are part of the form: a new one comes last. */
const columns: readonly (readonly [name: string, cell: (event: ShownEvent) => Cell])[] = [
  ...['log_index', 'occurred_at', 'action', 'category', 'result', 'id'].map(own),
  ...['kind', 'id', 'email', 'name'].map((member) => of('actor', member)),
  own('tenant_id'),
  ...['kind', 'id', 'label'].map((member) => of('target', member)),
  ...['session_id', 'ticket', 'reason', 'code', 'note'].map(own),
  ...['id', 'method', 'path', 'route', 'scope', 'status', 'duration_ms', 'bytes'].map((member) => of('request', member)),
  ['details', ({ details }) => json(details)],
  ['erased', ({ erased }) => (erased as string[] | undefined)?.join(' ')],
]

/** How the events of an export are written. The same events are the same bytes, so that a verifier can write them again. */
export const written: Record<ExportFormat, Written> = {
  csv: {
    head: formatCsvRow(columns.map(([name]) => name)),
    between: '',
    tail: '',
    row: (event) => formatCsvRow(columns.map(([, cell]) => cell(event))),
  },
  ndjson: { head: '', between: '', tail: '', row: (event) => `${canonicalForm(event)}\n` },
  json: { head: '[\n', between: ',\n', tail: '\n]\n', row: canonicalForm },
}

/** The event of an entry whose values were put in place. */
export const shownEvent = (event: object, erased: readonly string[], logIndex: number): ShownEvent => ({
  ...event,
  ...(erased.length > 0 ? { erased: [...erased].sort() } : {}),
  log_index: logIndex,
})
