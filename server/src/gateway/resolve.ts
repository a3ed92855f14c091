/** An address taken apart, its dot segments resolved. */
export type Resolved = { authority: string; path: string; query: string | undefined; fragment: string | undefined }

/** Printable ASCII without what no address holds: readers disagree on a backslash, and quotes and brackets end it elsewhere. */
const written = /^[\x21\x23-\x3b\x3d\x3f-\x5b\x5d-\x7e]*$/
/** RFC 3986, appendix B. */
const parts = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/
const unreserved = /^[A-Za-z0-9._~-]$/

/** One spelling for each address (RFC 3986 section 6.2.2): hex digits in capitals, nothing encoded needlessly. Bytes that stand raw are encoded. */
const normalize = (reference: string): string =>
  reference
    .replace(/[\x20\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`)
    .replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => {
      const char = String.fromCharCode(Number.parseInt(digits, 16))
      return unreserved.test(char) ? char : `%${digits.toUpperCase()}`
    })

/** RFC 3986, section 5.2.4. */
const removeDots = (path: string): string => {
  const kept: string[] = []
  const segments = path.split('/').slice(1)
  for (const [i, segment] of segments.entries()) {
    if (segment === '..') kept.pop()
    if (segment !== '.' && segment !== '..') kept.push(segment)
    else if (i === segments.length - 1) kept.push('')
  }
  return `/${kept.join('/')}`
}

/**
 * Resolves a reference against the address that was asked for (RFC 3986 section 5.2); undefined where it is no http(s) address, or where
 * readers could take it for different ones.
 */
export const resolveReference = (reference: string, base: { authority: string; target: string }): Resolved | undefined => {
  const text = normalize(reference)
  if (text === '' || !written.test(text)) return undefined
  const [, scheme, authority, path = '', query, fragment] = parts.exec(text) ?? []
  // `https:path` is a relative reference to some, and an absolute one to others.
  if (scheme !== undefined && (authority === undefined || !/^https?$/i.test(scheme))) return undefined
  const [basePath = '/', baseQuery] = base.target.split('?', 2)
  if (authority !== undefined) return { authority, path: removeDots(path), query, fragment }
  if (path === '') return { authority: base.authority, path: basePath, query: query ?? baseQuery, fragment }
  const whole = path.startsWith('/') ? path : basePath.slice(0, basePath.lastIndexOf('/') + 1) + path
  return { authority: base.authority, path: removeDots(whole), query, fragment }
}
