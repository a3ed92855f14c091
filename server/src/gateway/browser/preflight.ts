import { Refusal } from '../../errors.ts'
import { methods } from '../checks/method.ts'
import type { Exchange, Gate } from '../exchange.ts'
import { viewHeaders } from './headers.ts'
import { findSister } from './sister.ts'

const names = /^[a-z0-9-]+(?: ?, ?[a-z0-9-]+)*$/

/**
 * A script of a sister origin asks before it sends. The answer depends on the two origins alone, so it comes from here and nothing is
 * forwarded; the request itself is judged like any other.
 */
export const answerPreflight = (exchange: Exchange, { browsers, secure }: Gate): void => {
  const { headers, place, response, id } = exchange
  const sister = findSister(exchange, browsers)
  const method = headers.get('access-control-request-method')
  if (!browsers || !place || sister === undefined) throw new Refusal('cross_site')
  if (method === undefined || !methods.has(method)) throw new Refusal('method_refused')
  const asked = headers.get('access-control-request-headers')?.toLowerCase() ?? ''
  if (asked !== '' && !names.test(asked)) throw new Refusal('header_refused')
  response.writeHead(204, [
    ...viewHeaders(browsers, { id, place, secure, sister }),
    ...['access-control-allow-methods', method],
    ...(asked === '' ? [] : ['access-control-allow-headers', asked]),
    ...['access-control-max-age', '600'],
    ...['vary', 'origin, access-control-request-method, access-control-request-headers'],
  ])
  response.end()
}
