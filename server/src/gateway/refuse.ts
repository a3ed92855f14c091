import type { ErrorCode } from '@countersign/contract/errors.ts'
import { halveEvent } from '../audit/record.ts'
import { formatProblem, Refusal } from '../errors.ts'
import type { Admission } from '../sessions/admit.ts'
import type { SessionFacts } from '../sessions/facts.ts'
import { ownHeaders } from './answer.ts'
import { findViewHash } from './browser/cookies.ts'
import type { Browsers } from './browser/headers.ts'
import { browserProblemOf } from './browser/problem.ts'
import { methods } from './checks/method.ts'
import { findTokenHash } from './checks/token.ts'
import { anonymousEvent, refusedEvent } from './entries.ts'
import type { Exchange } from './exchange.ts'
import type { Strangers } from './strangers.ts'
import type { Writer } from './writer.ts'

type Log = { error(facts: object, message: string): void }
/** Whether callers come by TLS, and how browsers are answered where there is a door for them. */
export type Doors = { secure: boolean; browsers: Browsers | undefined }
type Needs = Doors & { admission: Admission; writer: Writer; strangers: Strangers; log: Log }

export const toRefusal = (error: unknown, log: Log): Refusal => {
  if (error instanceof Refusal) return error
  log.error({ err: error }, 'a request failed for a reason of our own')
  return new Refusal('internal', { cause: error })
}

/** Headers and body of a refusal, as problem details. */
export const problemOf = (refusal: Refusal, requestId: string, secure: boolean): { headers: string[]; body: Buffer } => {
  const body = Buffer.from(JSON.stringify(formatProblem(refusal, requestId)))
  const headers = [...ownHeaders(requestId, secure), 'content-type', 'application/problem+json', 'content-length', String(body.length)]
  if (refusal.status === 401) headers.push('www-authenticate', 'Bearer')
  if (refusal.status === 405) headers.push('allow', [...methods].join(', '))
  if (refusal.status === 429 || refusal.status === 503) headers.push('retry-after', '1')
  return { headers, body }
}

/** After these, nothing more is read from the caller. */
const closing = new Set<ErrorCode>(['shutting_down', 'upgrade_refused', 'too_many_requests', 'overloaded'])

/** Answers a refusal where nothing has been answered yet. A body that nobody will read ends the connection. */
export const answerProblem = ({ secure, browsers }: Doors, exchange: Exchange, refusal: Refusal): void => {
  const { request, response, id } = exchange
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const isBrowser = browsers && exchange.caller === 'browser'
  const { headers, body } = isBrowser ? browserProblemOf(browsers, exchange, refusal, secure) : problemOf(refusal, id, secure)
  const unread = !request.complete || exchange.has_body
  if (unread || closing.has(refusal.code)) headers.push('connection', 'close')
  response.writeHead(refusal.status, headers)
  response.end(body)
}

/** The hash of the token of the session whose view a browser's cookie belongs to. Two of one name are nobody's. */
const findViewedHash = async ({ admission }: Needs, { request }: Exchange): Promise<string | undefined> => {
  const { cookie } = request.headers
  try {
    const cookieHash = findViewHash(cookie)
    return cookieHash === undefined ? undefined : (await admission.handOver.find(cookieHash))?.token_hash
  } catch (error) {
    if (error instanceof Refusal && error.code === 'duplicate_cookie') return undefined
    throw error
  }
}

/** The session that a refused request belongs to, also where it was refused before its token was looked at (C44). */
const findSession = async (needs: Needs, exchange: Exchange): Promise<SessionFacts | undefined> => {
  if (exchange.facts) return exchange.facts
  const tokenHash = exchange.caller === 'bearer' ? findTokenHash(exchange.request.rawHeaders) : await findViewedHash(needs, exchange)
  return tokenHash === undefined ? undefined : needs.admission.findFacts(tokenHash)
}

/**
 * Puts the refusal on the record, in its session's log where the request has a session; answers what the caller is told.
 * Only who has no session is slowed down: behind one address there may be both, so nobody is before it is known.
 */
const recordRefusal = async (needs: Needs, exchange: Exchange, refusal: Refusal): Promise<Refusal> => {
  const facts = await findSession(needs, exchange)
  const told = facts || needs.strangers.mayAsk(exchange.request.socket.remoteAddress) ? refusal : new Refusal('too_many_requests')
  if (!facts) await needs.strangers.record(anonymousEvent(exchange, told))
  else {
    const isGone = (await needs.admission.look(facts.id)).code === 'tenant_gone'
    await needs.writer.note(halveEvent(refusedEvent(exchange, facts, told, isGone)))
  }
  return told
}

/** Refuses a request: on the record first, then the answer. What cannot be recorded is refused all the same, as our own fault. */
export const refuse = async (needs: Needs, exchange: Exchange, error: unknown): Promise<void> => {
  const refusal = toRefusal(error, needs.log)
  try {
    // Our own trouble is no refusal of anybody. That there is no room for somebody is one.
    const isRecorded = refusal.status < 500 || refusal.code === 'shutting_down' || refusal.code === 'overloaded'
    answerProblem(needs, exchange, isRecorded ? await recordRefusal(needs, exchange, refusal) : refusal)
  } catch (failure) {
    answerProblem(needs, exchange, toRefusal(failure, needs.log))
  }
}
