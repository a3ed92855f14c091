import { endingEvents, type LoggedEvent, openingEvents } from '@countersign/contract/events.ts'
import type { Receipt, ReceiptLine } from '@countersign/contract/receipts.ts'
import type { AccessLogRow, EndedBy } from '@countersign/contract/sessions.ts'
import { foldAccessLog } from '../audit/fold-access-log.ts'

type Opening = Extract<LoggedEvent, { action: (typeof openingEvents)[number] }>
type Ending = Extract<LoggedEvent, { action: (typeof endingEvents)[number] }>

const isOpening = (event: LoggedEvent): event is Opening => (openingEvents as readonly string[]).includes(event.action)
const isEnding = (event: LoggedEvent): event is Ending => (endingEvents as readonly string[]).includes(event.action)

const endedBy = (event: Ending): EndedBy => {
  if ('details' in event && event.details) return event.details.revoked_by
  return event.action.endsWith('.TIMED_OUT') ? 'idle' : 'expiry'
}

const outcomes = ['completed', 'refused', 'failed', 'cut', 'unknown'] as const

type Told = Pick<AccessLogRow, 'request_id' | 'method' | 'outcome' | 'status' | 'code'>

/** Files that were loaded together, each as a request. */
const eachFile = ({ outcome, files }: AccessLogRow): Told[] =>
  (files ?? []).map((file) => {
    if (outcome === 'admitted') return { ...file, outcome }
    return { ...file, outcome: file.code === null ? 'completed' : file.status === null ? 'failed' : 'cut' }
  })

/** Requests that are alike are one line, in the order of their first. */
const linesOf = (events: readonly LoggedEvent[]): ReceiptLine[] => {
  const routes = new Map(events.map(({ request }) => [request?.id, request?.route]))
  const lines = new Map<string, ReceiptLine>()
  const told = foldAccessLog(events).reverse()
  for (const { request_id, method, outcome: known, status, code } of told.flatMap((row): Told[] => (row.files ? eachFile(row) : [row]))) {
    const route = routes.get(request_id) ?? null
    const outcome = known === 'admitted' ? 'unknown' : known
    const key = JSON.stringify([method, route, outcome, status, code])
    const line = lines.get(key)
    if (line) line.count += 1
    else lines.set(key, { method, route, outcome, status, code, count: 1 })
  }
  return [...lines.values()]
}

const countOf = (lines: readonly ReceiptLine[], outcome?: ReceiptLine['outcome']): number =>
  lines.filter((line) => outcome === undefined || line.outcome === outcome).reduce((sum, { count }) => sum + count, 0)

const scopesUsed = (events: readonly LoggedEvent[]): string[] =>
  [
    ...new Set(
      events.flatMap(({ action, request }) => (action === 'SUPPORT_SESSION.REQUEST.ADMITTED' && request?.scope ? [request.scope] : [])),
    ),
  ].sort()

const minutesBetween = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / 6_000) / 10

const placeOf = ({ log_index, id }: LoggedEvent) => ({ log_index, event_id: id })

/** The receipt that the events of a session, in the order of the log, add up to; undefined where it was never opened. */
export const foldReceipt = (origin: string, events: readonly LoggedEvent[]): Receipt | undefined => {
  const opened = events.find(isOpening)
  const last = events.at(-1)
  if (!opened || !last) return undefined
  const ended = events.find(isEnding)
  const requests = linesOf(events)
  const { actor, target, details } = opened
  const totals = Object.fromEntries(outcomes.map((outcome) => [outcome, countOf(requests, outcome)])) as Record<
    (typeof outcomes)[number],
    number
  >
  return {
    session_id: opened.session_id,
    tenant_id: opened.tenant_id,
    target_user_id: target.kind === 'user' ? target.id : null,
    staff: {
      id: actor.id,
      name: (actor.kind === 'staff' ? actor.name : undefined) ?? null,
      email: (actor.kind === 'staff' ? actor.email : undefined) ?? null,
    },
    reason: opened.reason ?? null,
    ticket: opened.ticket ?? events.find(({ action }) => action === 'SUPPORT_SESSION.TICKET_ADDED')?.ticket ?? null,
    opened_at: opened.occurred_at,
    ended_at: ended?.occurred_at ?? null,
    ended_by: ended ? endedBy(ended) : null,
    minutes: ended ? minutesBetween(opened.occurred_at, ended.occurred_at) : null,
    scopes_granted: [...details.scopes].sort(),
    scopes_used: scopesUsed(events),
    totals: { requests: countOf(requests), ...totals },
    requests,
    is_complete: ended !== undefined && totals.unknown === 0,
    proof: {
      origin,
      opened: placeOf(opened),
      ended: ended ? placeOf(ended) : null,
      events: events.length,
      last_index: last.log_index,
    },
  }
}
