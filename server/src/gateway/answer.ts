import { Refusal } from '../errors.ts'
import { escapeInput } from './escape.ts'
import { mapLinks } from './link.ts'
import { type MapAddress, originOf } from './map-address.ts'

/** Of these one counts; all others are lists, of which several lines are one (RFC 9110 section 5.3). */
const single = new Set(['content-disposition', 'content-length', 'content-range', 'content-type', 'etag', 'last-modified', 'retry-after'])

const own = [
  ['x-content-type-options', 'nosniff'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'; sandbox"],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['referrer-policy', 'no-referrer'],
  ['permissions-policy', 'camera=(), geolocation=(), microphone=()'],
].flat()

const headersMaximum = 100

/** Headers of every answer of the gateway. Nothing is kept by anybody, unless `caching` says so. */
export const ownHeaders = (requestId: string, secure: boolean, caching = 'no-store'): string[] => {
  const headers = [...own, 'cache-control', caching, 'x-request-id', requestId, 'countersign-request-id', requestId]
  if (secure) headers.push('strict-transport-security', 'max-age=31536000; includeSubDomains')
  return headers
}

type Headers = Record<string, string | string[] | undefined>

/** What the caller is shown of the product's head. */
export type Head = {
  headers: string[]
  /** A redirect that leads elsewhere: the caller gets an answer of ours with the product's status. */
  is_redirect_elsewhere: boolean
  /** Said on the record, where the caller is not shown where the answer leads. */
  note: string | undefined
}

/** What may lead the caller on: a redirect, or the address of what was made (RFC 9110 section 10.2.2). */
const isRedirect = (status: number): boolean => status >= 300 && status < 400 && status !== 304
const hasLocation = (status: number): boolean => status === 201 || status === 202 || isRedirect(status)

type Add = (name: string, value: string | undefined) => void

/** Headers that pass as they are. */
const passOn = (status: number, headers: Headers, passed: ReadonlySet<string>, add: Add): void => {
  const hasContent = status !== 204 && status !== 304
  for (const name of Object.keys(headers)) {
    if (!passed.has(name) || (name === 'content-length' && !hasContent)) continue
    const value = headers[name]
    add(name, typeof value === 'string' ? value : single.has(name) ? undefined : value?.join(', '))
  }
  if (typeof headers['content-type'] !== 'string' && hasContent) add('content-type', 'application/octet-stream')
}

const whereOf = (location: string | string[]): string => {
  if (typeof location !== 'string') return 'two places at once'
  const origin = originOf(location)
  return origin === undefined ? 'an address that is not passed on' : escapeInput(origin, 200)
}

const noteOf = (status: number, location: string | string[]): string =>
  `${isRedirect(status) ? 'The product redirects to' : 'Its Location leads to'} ${whereOf(location)}.`

/**
 * What the caller is shown of the product's head, or a refusal where it cannot be passed on. Addresses of the product become those under
 * which the caller reaches it. One that leads elsewhere is left out, and `countersign-withheld` says so: what was asked for has happened
 * by then, so the answer itself is passed on (GW-11).
 */
export const filterHead = (status: number, headers: Headers, passed: ReadonlySet<string>, map: MapAddress): Head => {
  if (Object.keys(headers).length > headersMaximum) throw new Refusal('upstream_refused', { detail: 'It sent too many headers.' })
  const kept: string[] = []
  const withheld: string[] = []
  const add = (name: string, value: string | undefined): boolean => {
    if (value === undefined) withheld.push(name)
    else kept.push(name, value)
    return value === undefined
  }
  const { location, link } = headers
  if (link !== undefined) add('link', mapLinks(typeof link === 'string' ? link : link.join(', '), map))
  let note: string | undefined
  if (location !== undefined && hasLocation(status) && add('location', typeof location === 'string' ? map(location) : undefined))
    note = noteOf(status, location)
  const elsewhere = note !== undefined && isRedirect(status)
  if (!elsewhere) passOn(status, headers, passed, add)
  if (withheld.length > 0) kept.push('countersign-withheld', withheld.join(', '))
  return { headers: kept, is_redirect_elsewhere: elsewhere, note }
}

/** The length that the head announces, where it does. */
export const announcedBytes = (headers: Headers): number | undefined => {
  const length = headers['content-length']
  return typeof length === 'string' && /^[0-9]{1,15}$/.test(length) ? Number(length) : undefined
}
