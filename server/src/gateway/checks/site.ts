import { Refusal } from '../../errors.ts'
import type { Browsers } from '../browser/headers.ts'
import { findSister } from '../browser/sister.ts'
import type { Check, Exchange } from '../exchange.ts'

/**
 * Where a WebSocket comes from. Any page may open one to anywhere, with our cookie, and not every browser says more of it than its Origin:
 * so that must be there, and be the view's own or a sister's.
 */
const checkOrigin = (exchange: Exchange, browsers: Browsers | undefined): void => {
  if (!exchange.headers.has('origin') || findSister(exchange, browsers) === undefined) throw new Refusal('cross_site')
}

/**
 * Where a browser's request comes from: the view's own pages, inside the console's frame. Another site's page, also that of another view,
 * is refused; what a browser does not say is not taken for granted.
 */
export const checkSite: Check = (exchange, { browsers }) => {
  const { headers } = exchange
  if (exchange.tunnel) return checkOrigin(exchange, browsers)
  const [site, dest] = [headers.get('sec-fetch-site'), headers.get('sec-fetch-dest')]
  if (dest === 'document') throw new Refusal('outside_frame')
  if (site === undefined || dest === undefined || headers.get('sec-fetch-mode') === undefined)
    throw new Refusal('cross_site', { detail: 'The browser does not say where the request comes from.' })
  if (dest === 'serviceworker' || headers.has('service-worker'))
    throw new Refusal('header_refused', { detail: 'No service worker is installed in a view, which ends with its session.' })
  const sister = findSister(exchange, browsers)
  // Its own pages may hide where they are; no other page can claim to be one of them.
  const isOwn = site === 'same-origin' && (sister !== undefined || !headers.has('origin'))
  if (!isOwn && sister === undefined) throw new Refusal('cross_site')
  exchange.sister = site === 'same-origin' ? undefined : sister
}
