import type { Event } from '@countersign/contract/events.ts'

// PostgreSQL's text cannot hold it; the body, which is what counts, has it escaped.
const plain = (text: string | undefined): string | null => (text === undefined ? null : text.replaceAll('\0', ''))

/** The columns of log_entries that queries need: all of them follow from the event. */
export const entryColumns = (event: Event) => ({
  event_id: event.id,
  occurred_at: event.occurred_at,
  action: event.action as string,
  category: event.category as string,
  result: event.result as string,
  actor_id: plain(event.actor.id) as string,
  tenant_id: plain(event.tenant_id),
  target_kind: plain(event.target?.kind),
  target_id: plain(event.target?.id),
  session_id: plain(event.session_id),
  request_id: plain(event.request?.id),
  ticket: plain(event.ticket),
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
  'ticket',
] as const satisfies (keyof EntryColumns)[]
