import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

export const headersMaximum = 100

/** May stand in several lines: lists that proxies and clients add to. Everything else is sent once or not at all. */
const repeatable = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'connection',
  'forwarded',
  'if-match',
  'if-none-match',
  'pragma',
  'prefer',
  'te',
  'tracestate',
  'trailer',
  'via',
  'x-forwarded-for',
])

/**
 * Try to say who is calling, for which tenant, or what the request "really" is. No honest client of the gateway sends them.
 * Forwarding headers (Forwarded, Via, X-Forwarded-For, X-Real-IP, CF-*, …) are not here: load balancers add them. They are
 * not forwarded, and nothing is decided by them.
 */
const refused = new Set([
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-original-method',
  'x-original-url',
  'x-rewrite-url',
  'x-middleware-subrequest',
  'x-accel-redirect',
  'x-sendfile',
  'x-support-session',
  'x-tenant-id',
  'x-tenant',
  'x-actor',
  'x-staff',
  'x-user',
  'x-user-id',
  'x-remote-user',
  'remote-user',
  'x-forwarded-user',
  'x-forwarded-email',
  'x-forwarded-groups',
])
/** Names that the gateway or an authenticating proxy mints. */
const refusedBeginnings = ['countersign-', 'x-countersign-', 'x-auth-request-']

/** What the Connection header may list. Anything else would have a hop drop a header that was judged here. */
const connectionOptions = new Set(['close', 'keep-alive'])

const isName = (name: string): boolean => /^[a-z0-9-]+$/.test(name)

const isRefused = (name: string): boolean =>
  refused.has(name) || ((name.startsWith('c') || name.startsWith('x')) && refusedBeginnings.some((beginning) => name.startsWith(beginning)))

/** Reads the headers as they stood on the wire: duplicates, odd names and minted names are refused, never merged or renamed. */
export const checkHeaders: Check = (exchange) => {
  const { rawHeaders } = exchange.request
  if (rawHeaders.length > headersMaximum * 2) throw new Refusal('headers_too_large')
  const headers = new Map<string, string>()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase()
    const value = rawHeaders[i + 1] as string
    if (!isName(name))
      throw new Refusal('header_refused', { detail: 'A header name has other characters than letters, digits and hyphens.' })
    if (isRefused(name)) throw new Refusal('header_refused', { detail: `The header ${name} is not accepted.` })
    const before = headers.get(name)
    if (before !== undefined && !repeatable.has(name)) throw new Refusal('header_refused', { detail: `The header ${name} was sent twice.` })
    headers.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  exchange.headers = headers
  const connection = headers.get('connection')
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return
  const odd = connection
    .toLowerCase()
    .split(',')
    .map((option) => option.trim())
    // Of a list empty members are passed over (RFC 9110 section 5.6.1.2).
    .find((option) => option !== '' && !connectionOptions.has(option) && !(exchange.tunnel && option === 'upgrade'))
  if (odd === undefined) return
  if (odd === 'upgrade' || odd === 'http2-settings') throw new Refusal('upgrade_refused')
  throw new Refusal('header_refused', { detail: 'The Connection header may list close and keep-alive only.' })
}
