import type { Committed } from '@countersign/contract/events/members.ts'
import type { NewEvent, NewEventOf } from '@countersign/contract/events.ts'
import { denialOf } from '../access/deny.ts'
import { anonymous } from '../access/principal.ts'
import { type DenialOf, type EventHalves, type EventParts, halveEvent } from '../audit/record.ts'
import type { Refusal } from '../errors.ts'
import { newId } from '../ids.ts'
import { committedTo } from '../sessions/digests.ts'
import type { SessionFacts } from '../sessions/facts.ts'
import { escapeInput } from './escape.ts'
import type { Exchange } from './exchange.ts'
import { commitSaid, committedSaid, saidBy } from './said.ts'

/** Tenths of a millisecond since the request arrived. */
export const durationOf = ({ startedMs }: Exchange): number => Math.round((performance.now() - startedMs) * 10) / 10

export const targetOf = (facts: SessionFacts): { kind: 'tenant' | 'user'; id: string } =>
  facts.target_user_id === null ? { kind: 'tenant', id: facts.tenant_id } : { kind: 'user', id: facts.target_user_id }

/** The opener, as they were when the session was opened. */
export const actorOf = ({ staff: { kind, id, issuer, subject }, digests }: SessionFacts) => ({
  kind,
  id,
  issuer,
  subject,
  email: committedTo(digests, 'actor.email') as Committed,
  name: committedTo(digests, 'actor.name') as Committed,
})

type SaidParts = { path: string | Committed; client_request_id: string | Committed | undefined }

const requestOf = (exchange: Exchange, { path }: SaidParts) => ({
  id: exchange.id,
  method: escapeInput(exchange.method, 20),
  path,
  ...(exchange.route
    ? { reads: exchange.route.reads || undefined, route: exchange.route.pattern, scope: exchange.route.scope ?? undefined }
    : {}),
})

const saidOf = ({ client_request_id }: SaidParts) => (client_request_id === undefined ? {} : { client_request_id })

/** How it came, where it was not with a token. */
const viaOf = ({ caller, request }: Exchange): 'browser' | 'navigation' | undefined =>
  caller === 'bearer' ? undefined : request.headers['sec-fetch-mode'] === 'navigate' ? 'navigation' : 'browser'

/** Undefined where there is nothing to say. */
const detailsOf = (exchange: Exchange, said: SaidParts, stream?: StreamEnd) => {
  const via = viaOf(exchange)
  const details = { ...(via === undefined ? {} : { via }), ...saidOf(said), ...stream }
  return Object.keys(details).length === 0 ? undefined : details
}

export type ClosedBy = 'caller' | 'product' | 'gateway'
/** How a stream ended. */
export type StreamEnd = { closed_by: ClosedBy; close_code?: number; bytes_received?: number }

type Outcome = { result: NewEvent['result']; status: number; code?: string; note?: string; bytes?: number | undefined; stream?: StreamEnd }

type RequestName = `SUPPORT_SESSION.REQUEST.${'ADMITTED' | 'COMPLETED' | 'FAILED' | 'REFUSED' | 'CUT'}`

/** What an event says of a request of a session. `isGone`: its tenant's id may be another's by now, who is to see nothing of it. */
const attemptOf = <N extends RequestName>(
  action: N,
  exchange: Exchange,
  facts: SessionFacts,
  said: SaidParts,
  answer: { status: number; bytes?: number | undefined; stream?: StreamEnd },
  isGone: boolean,
) => ({
  action,
  actor: actorOf(facts),
  ...(isGone ? {} : { tenant_id: facts.tenant_id }),
  target: targetOf(facts),
  session_id: facts.id,
  ticket: committedTo(facts.digests, 'ticket'),
  request: { ...requestOf(exchange, said), status: answer.status, duration_ms: durationOf(exchange), bytes: answer.bytes },
  details: detailsOf(exchange, said, answer.stream),
})

/** What became of an admitted request of a session. */
export const sessionEvent = (action: RequestName, exchange: Exchange, facts: SessionFacts, outcome: Outcome): NewEventOf<RequestName> => ({
  ...attemptOf(action, exchange, facts, committedSaid(exchange, facts), outcome, outcome.code === 'tenant_gone'),
  result: outcome.result,
  code: outcome.code,
  note: outcome.note,
})

/** A refusal in a session. */
export const refusedEvent = (
  exchange: Exchange,
  facts: SessionFacts,
  refusal: Refusal,
  isGone: boolean,
): DenialOf<'SUPPORT_SESSION.REQUEST.REFUSED'> =>
  denialOf(refusal, attemptOf('SUPPORT_SESSION.REQUEST.REFUSED', exchange, facts, saidBy(exchange), refusal, isGone))

/** A refusal that no session stands behind. */
export const anonymousEvent = (exchange: Exchange, refusal: Refusal): DenialOf<'GATEWAY.REFUSED'> => {
  const said = saidBy(exchange)
  return denialOf(refusal, {
    action: 'GATEWAY.REFUSED',
    actor: anonymous,
    request: { ...requestOf(exchange, said), status: refusal.status },
    details: { ...saidOf(said), peer: exchange.request.socket.remoteAddress ?? 'unknown' },
  })
}

/** Bytes that were no request. */
export const brokenEvent = (id: string, refusal: Refusal, peer: string | undefined): DenialOf<'GATEWAY.REFUSED'> =>
  denialOf(refusal, {
    action: 'GATEWAY.REFUSED',
    actor: anonymous,
    request: { id, method: '-', path: '-', status: refusal.status },
    details: { peer: peer ?? 'unknown' },
  })

/** JSON text of a session's part in its events, made once per session. */
type Rendered = { actor: string; digests: string; ticket: string; session: string }
const rendered = new WeakMap<SessionFacts, Rendered>()

const render = (facts: SessionFacts): Rendered => {
  const before = rendered.get(facts)
  if (before) return before
  const { id, issuer, kind, subject } = facts.staff
  const { 'actor.email': email, 'actor.name': name, ticket } = facts.digests
  const target = targetOf(facts)
  const made = {
    actor: JSON.stringify({ id, issuer, kind, subject }),
    digests: `"actor.email":"${email}","actor.name":"${name}",`,
    ticket: ticket === undefined ? '' : `,"ticket":"${ticket}"`,
    session: `"session_id":"${facts.id}","target":${JSON.stringify({ id: target.id, kind: target.kind })},"tenant_id":${JSON.stringify(facts.tenant_id)},`,
  }
  rendered.set(facts, made)
  return made
}

/**
 * The two events that every request makes, written out member by member in RFC 8785 order: the same bytes as halveEvent()
 * gives, at a fraction of its price (a test compares them). Method, scope, ids and digests are plain ASCII by their checks.
 */
const draftOk = (action: string, exchange: Exchange, facts: SessionFacts, request: string): EventHalves => {
  const { actor, digests, session, ticket } = render(facts)
  const { path, client_request_id: given } = commitSaid(exchange, facts)
  const own = given === undefined ? '' : `"details.client_request_id":"${given}",`
  const erasable = `{${digests}${own}"request.path":"${path}"${ticket}}`
  const via = viaOf(exchange)
  const details = via === undefined ? '' : `"details":{"via":"${via}"},`
  const head = `{"action":"${action}","actor":${actor},"category":"support_session",${details}"erasable":${erasable},"id":"${newId('event')}","occurred_at":"`
  const tail = `","request":{${request}},"result":"ok",${session}"v":1}`
  return { head, tail }
}

const requestText = ({ id, method, route }: Exchange): string => {
  const scope = route?.scope === null ? '' : `,"scope":"${route?.scope}"`
  const reads = route?.reads ? '"reads":true,' : ''
  return `"id":"${id}","method":"${method}",${reads}"route":${route?.pattern_json}${scope}`
}

const admittedName = ({ route }: Exchange) =>
  route?.kind === 'asset' ? 'SUPPORT_SESSION.ASSET.ADMITTED' : 'SUPPORT_SESSION.REQUEST.ADMITTED'

/** What the caller sent lies beside it, for the events to come too. */
export const draftAdmitted = (exchange: Exchange, facts: SessionFacts): EventParts => ({
  ...draftOk(admittedName(exchange), exchange, facts, requestText(exchange)),
  disclosures: commitSaid(exchange, facts).rows,
})

const none: EventParts['disclosures'] = []

export type Answered = { status: number; bytes: number | undefined; note?: string | undefined }

export const draftCompleted = (exchange: Exchange, facts: SessionFacts, { status, bytes, note }: Answered): EventParts => {
  if (note !== undefined) {
    const outcome = { result: 'ok' as const, status, bytes, note }
    return halveEvent(sessionEvent('SUPPORT_SESSION.REQUEST.COMPLETED', exchange, facts, outcome))
  }
  const size = bytes === undefined ? '' : `"bytes":${bytes},`
  const request = `${size}"duration_ms":${durationOf(exchange)},${requestText(exchange)},"status":${status}`
  return { ...draftOk('SUPPORT_SESSION.REQUEST.COMPLETED', exchange, facts, request), disclosures: none }
}
