import { formatProblem, Refusal } from '../errors.ts'
import type { Head } from './answer.ts'
import { problemPage } from './browser/pages.ts'
import { Held } from './delivery.ts'
import type { Exchange } from './exchange.ts'

/** A person looks at it, not a script. */
export const isLookedAt = ({ headers, place }: Exchange): boolean => place !== undefined && headers.get('sec-fetch-mode') === 'navigate'

/**
 * Our answer in place of a redirect that leads out of the product. The request was carried out, so it is no failure: the status is the
 * product's own, without a place to go to, and the body says why.
 */
export const heldElsewhere = (status: number, { headers }: Head, exchange: Exchange): Held => {
  const refusal = new Refusal('redirect_elsewhere', { detail: `It answered ${status}.` })
  const [type, body] = isLookedAt(exchange)
    ? ['text/html; charset=utf-8', problemPage(refusal, exchange.id).html]
    : ['application/problem+json', Buffer.from(JSON.stringify({ ...formatProblem(refusal, exchange.id), status }))]
  const held = new Held(status, [...headers, 'content-type', type, 'content-length', String(body.length)])
  if (exchange.method !== 'HEAD') held.chunks.push(body)
  held.isWhole = true
  return held
}
