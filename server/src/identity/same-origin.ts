import { Refusal } from '../errors.ts'
import { headerValues } from './raw-headers.ts'

const safe = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses what another site sends in a person's name (WB-2). A request that may change something must carry our origin, and
 * where the browser says whence it comes, that must be us. A read from elsewhere may only be a person opening a page, and only
 * where there is one: a look-up is on the record in the name of whoever's cookie came with it.
 */
export const requireSameOrigin = (
  method: string,
  rawHeaders: readonly string[],
  { expectedOrigin, isPage }: { expectedOrigin: string; isPage: boolean },
): void => {
  if (!safe.has(method)) {
    const origins = headerValues(rawHeaders, 'origin')
    const elsewhere = headerValues(rawHeaders, 'sec-fetch-site').some((site) => site !== 'same-origin')
    if (origins.length !== 1 || origins[0] !== expectedOrigin || elsewhere) throw new Refusal('cross_site')
    return
  }
  if (!isFromElsewhere(rawHeaders)) return
  const opensPage =
    headerValues(rawHeaders, 'sec-fetch-mode').join() === 'navigate' && headerValues(rawHeaders, 'sec-fetch-dest').join() === 'document'
  if (!isPage || !opensPage) throw new Refusal('cross_site')
}

/** Whether a browser says that another site made it send this. Signing in may only be begun by us, or by the person (login CSRF). */
export const isFromElsewhere = (rawHeaders: readonly string[]): boolean =>
  headerValues(rawHeaders, 'sec-fetch-site').some((site) => site !== 'same-origin' && site !== 'none')
