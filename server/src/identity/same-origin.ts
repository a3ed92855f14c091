import { Refusal } from '../errors.ts'
import { headerValues } from './raw-headers.ts'

const safe = new Set(['GET', 'HEAD', 'OPTIONS'])

/** What a route is for: a page that a link may lead to, data that only our pages ask for, or anything else. */
export type Kind = 'page' | 'data' | 'other'

const opensPage = (rawHeaders: readonly string[]): boolean =>
  headerValues(rawHeaders, 'sec-fetch-mode').join() === 'navigate' && headerValues(rawHeaders, 'sec-fetch-dest').join() === 'document'

/**
 * Refuses what another site sends in a person's name (WB-2). A request that may change something must carry our origin, and
 * where the browser says whence it comes, that must be us. A read from elsewhere may only be a person opening a page, and only
 * where there is one. Data is for our own pages: a look-up is on the record in the name of whoever's cookie came with it, so
 * an address that somebody was made to open must not be one.
 */
export const requireSameOrigin = (
  method: string,
  rawHeaders: readonly string[],
  { expectedOrigin, kind }: { expectedOrigin: string; kind: Kind },
): void => {
  const sites = headerValues(rawHeaders, 'sec-fetch-site')
  const isOwn = sites.every((site) => site === 'same-origin')
  if (!safe.has(method)) {
    const origins = headerValues(rawHeaders, 'origin')
    if (origins.length !== 1 || origins[0] !== expectedOrigin || !isOwn) throw new Refusal('cross_site')
    return
  }
  if (isOwn || (kind !== 'data' && !isFromElsewhere(rawHeaders))) return
  if (kind !== 'page' || !opensPage(rawHeaders)) throw new Refusal('cross_site')
}

/** Whether a browser says that another site made it send this. Signing in may only be begun by us, or by the person (login CSRF). */
export const isFromElsewhere = (rawHeaders: readonly string[]): boolean =>
  headerValues(rawHeaders, 'sec-fetch-site').some((site) => site !== 'same-origin' && site !== 'none')
