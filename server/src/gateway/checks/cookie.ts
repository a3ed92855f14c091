import { decodeWhole } from '@countersign/contract/secrets.ts'
import { Refusal } from '../../errors.ts'
import { findViewHash } from '../browser/cookies.ts'
import type { Check } from '../exchange.ts'

const secret = /cs(?:s|_view|_seen)_[A-Za-z0-9_-]{43}/

/**
 * The cookie of the view, and nothing else. The product's own scripts may send an Authorization of theirs, which is never passed on; a
 * token of a session has no place in a browser.
 */
export const checkCookie: Check = (exchange) => {
  const { headers } = exchange
  if (secret.test(decodeWhole(exchange.target))) throw new Refusal('token_refused', { detail: 'A token never belongs in an address.' })
  if (headers.get('authorization')?.includes('css_'))
    throw new Refusal('token_refused', { detail: 'The token of a session is for programs, at the address of the gateway.' })
  const cookieHash = findViewHash(headers.get('cookie'))
  if (cookieHash === undefined) throw new Refusal('view_missing')
  exchange.token_hash = cookieHash
}
