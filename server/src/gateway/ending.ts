import type { NewEvent } from '@countersign/contract/events.ts'
import { errors as undici } from 'undici'
import { Refusal } from '../errors.ts'
import type { SessionFacts } from '../sessions/facts.ts'
import { CallerGone } from './body.ts'
import { type StreamEnd, sessionEvent } from './entries.ts'
import type { Exchange } from './exchange.ts'
import { causeOf } from './trouble.ts'

/** Why a request ends before its answer is whole. */
export type Why = Refusal | 'client_abort'

/** What an error of the connection to the product means. */
export const whyOf = (error: Error): Why => {
  if (error instanceof Refusal) return error
  if (error instanceof CallerGone) return 'client_abort'
  if (
    error instanceof undici.HeadersTimeoutError ||
    error instanceof undici.BodyTimeoutError ||
    error instanceof undici.ConnectTimeoutError
  ) {
    return new Refusal('upstream_timeout', { cause: error })
  }
  if (
    error instanceof undici.HTTPParserError ||
    error instanceof undici.HeadersOverflowError ||
    /bad (response|upgrade)/.test(error.message)
  ) {
    return new Refusal('upstream_refused', { cause: error })
  }
  return new Refusal('upstream_unavailable', { cause: error })
}

/** How far a request had come: the product had not answered, had answered, or this much of its answer was released. */
export type Reached = 'sent' | 'answered' | { status: number; bytes: number }

/** These are failures, not cuts, where the product had not answered. */
const failures = new Set([
  'client_abort',
  'upstream_unavailable',
  'upstream_refused',
  'upstream_timeout',
  'body_refused',
  'body_too_large',
  'request_timeout',
  'invalid_request',
  'headers_too_large',
])

export const codeOfWhy = (why: Why): string => (why === 'client_abort' ? why : why.code)

/** What the record says: the cause too, which the caller is not told. */
const noteOf = (refusal: Refusal): string => {
  const cause = causeOf(refusal)
  return cause === undefined ? refusal.message : `The product: ${cause}.`
}

/** The outcome of a request that ended before its answer was whole. */
export const endingEvent = (exchange: Exchange, facts: SessionFacts, reached: Reached, why: Why, stream?: StreamEnd): NewEvent => {
  const { code, status, note } =
    why === 'client_abort'
      ? { code: why, status: 499, note: 'The caller went away.' }
      : { code: why.code, status: why.status, note: noteOf(why) }
  const action: NewEvent['action'] =
    reached === 'sent' && failures.has(code) ? 'SUPPORT_SESSION.REQUEST.FAILED' : 'SUPPORT_SESSION.REQUEST.CUT'
  const released = typeof reached === 'object' ? reached : { status, bytes: 0 }
  return sessionEvent(action, exchange, facts, { result: 'error', code, note, ...released, ...(stream ? { stream } : {}) })
}
