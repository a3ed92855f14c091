import type { Event } from '@countersign/contract/events.ts'

// PostgreSQL's text cannot hold NUL, and columns are handed over as lines; the body, which is what counts, has both escaped.
const plain = (text: string | undefined): string | null =>
  (text !== undefined && (text.includes('\n') || text.includes('\0')) ? text.replaceAll(/[\0\n]/g, '') : text) || null

/** The columns of log_entries that queries need: all of them follow from the event. */
export const entryColumns = (event: Event) => ({
  event_id: plain(event.id) as string,
  occurred_at: event.occurred_at,
  action: plain(event.action) as string,
  category: plain(event.category) as string,
  result: plain(event.result) as string,
  actor_id: plain(event.actor.id) as string,
  tenant_id: plain(event.tenant_id),
  target_kind: plain(event.target?.kind),
  target_id: plain(event.target?.id),
  session_id: plain(event.session_id),
  request_id: plain(event.request?.id),
})

export type EntryColumns = ReturnType<typeof entryColumns>

export const entryColumnNames = [
  'event_id',
  'occurred_at',
  'action',
  'category',
  'result',
  'actor_id',
  'tenant_id',
  'target_kind',
  'target_id',
  'session_id',
  'request_id',
] as const satisfies (keyof EntryColumns)[]
