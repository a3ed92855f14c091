import { Refusal } from '../errors.ts'
import { isTarget } from './checks/target.ts'

/** What the product's answer may say in headers. Cookies, CORS, policies, hints and everything else stay behind. */
const passed = new Set([
  'accept-ranges',
  'allow',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'last-modified',
  'retry-after',
  'vary',
  'x-page',
  'x-per-page',
  'x-total',
  'x-total-count',
])

const own = [
  ['x-content-type-options', 'nosniff'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'; sandbox"],
  ['cache-control', 'no-store'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['referrer-policy', 'no-referrer'],
  ['permissions-policy', 'camera=(), geolocation=(), microphone=()'],
].flat()

const headersMaximum = 100

/** Headers of every answer of the gateway. */
export const ownHeaders = (requestId: string, secure: boolean): string[] => {
  const headers = [...own, 'x-request-id', requestId, 'countersign-request-id', requestId]
  if (secure) headers.push('strict-transport-security', 'max-age=31536000; includeSubDomains')
  return headers
}

type Headers = Record<string, string | string[] | undefined>

/** A redirect may only lead to a path of the product, written as requests must be; the gateway itself follows none (GW-11). */
const locationOf = (location: string, origin: string): string => {
  const path = location.startsWith(`${origin}/`) ? location.slice(origin.length) : location
  if (!isTarget(path)) throw new Refusal('upstream_refused', { detail: 'It redirects to another place.' })
  return path
}

/** What the caller is shown of the product's head, or a refusal where it cannot be passed on. */
export const filterHead = (status: number, headers: Headers, origin: string): string[] => {
  const names = Object.keys(headers)
  if (names.length > headersMaximum) throw new Refusal('upstream_refused', { detail: 'It sent too many headers.' })
  const kept: string[] = []
  for (const name of names) {
    if (!passed.has(name) || (name === 'content-length' && (status === 204 || status === 304))) continue
    const value = headers[name]
    if (typeof value !== 'string') {
      if (name === 'vary' || name === 'allow') continue
      throw new Refusal('upstream_refused', { detail: `It sent the header ${name} twice.` })
    }
    kept.push(name, value)
  }
  if (headers['content-type'] === undefined && status !== 204 && status !== 304) kept.push('content-type', 'application/octet-stream')
  const { location } = headers
  if (status >= 300 && status < 400 && status !== 304) {
    if (typeof location !== 'string') throw new Refusal('upstream_refused', { detail: 'It redirects without one place to go to.' })
    kept.push('location', locationOf(location, origin))
  }
  return kept
}

/** The length that the head announces, where it does. */
export const announcedBytes = (headers: Headers): number | undefined => {
  const length = headers['content-length']
  return typeof length === 'string' && /^[0-9]{1,15}$/.test(length) ? Number(length) : undefined
}
