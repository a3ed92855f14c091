import type { Exchange } from '../exchange.ts'
import { type Browsers, sistersOf } from './headers.ts'

const originOf = (referer: string): string | undefined => (URL.canParse(referer) ? new URL(referer).origin : undefined)

/**
 * The origin of the same view that a request comes from: its own, or that of another upstream. Requests of some kinds carry no Origin, but
 * then the page's origin as Referer. Neither can be forged by a page; one that hides both is nobody's sister.
 */
export const findSister = ({ headers, place }: Exchange, browsers: Browsers | undefined): string | undefined => {
  if (!browsers || !place) return undefined
  const origin = headers.get('origin') ?? originOf(headers.get('referer') ?? '')
  return sistersOf(browsers, place).find((sister) => sister === origin)
}
