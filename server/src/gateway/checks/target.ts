import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

const maximum = 2048
const inPath = 1
const inQuery = 2

/** For each ASCII character: may it stand as itself in a path segment, in a query? */
const literal = new Uint8Array(128)
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~!$'()*,=:@-")
  literal[char.charCodeAt(0)] = inPath | inQuery
for (const char of '/?&+') literal[char.charCodeAt(0)] = inQuery

/** For each byte: may it stand percent-encoded? Never where a plain character would do, or where routers disagree on it. */
const encoded = new Uint8Array(256)
for (let byte = 0x20; byte < 0x100; byte++) if (byte !== 0x7f) encoded[byte] = inQuery
for (let byte = 0x21; byte < 0x7f; byte++) {
  const char = String.fromCharCode(byte)
  if (!/[A-Za-z0-9\-_~./\\%;?#]/.test(char)) encoded[byte] = inPath | inQuery
}

/** Upper-case hex digit, or -1: `%2f` and `%2F` must not be two spellings of one target. */
const hex = (code: number): number => (code >= 48 && code <= 57 ? code - 48 : code >= 65 && code <= 70 ? code - 55 : -1)

const isWritten = (text: string, from: number, to: number, where: number): boolean => {
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x25) {
      if (i + 2 >= to) return false
      const high = hex(text.charCodeAt(i + 1))
      const low = hex(text.charCodeAt(i + 2))
      if (high < 0 || low < 0 || ((encoded[high * 16 + low] as number) & where) === 0) return false
      i += 2
    } else if (code > 127 || ((literal[code] as number) & where) === 0) return false
  }
  return true
}

/** Plain segments, none empty but the last, none `.` or `..`. */
const isPath = (path: string): boolean => {
  if (path === '/') return true
  for (let start = 1; start <= path.length; ) {
    const slash = path.indexOf('/', start)
    const end = slash < 0 ? path.length : slash
    if (end === start) return slash < 0 && start > 1
    const dots = path.charCodeAt(start) === 0x2e && (end - start === 1 || (end - start === 2 && path.charCodeAt(start + 1) === 0x2e))
    if (dots || !isWritten(path, start, end, inPath)) return false
    start = end + 1
  }
  return true
}

/** Names of a query as the most lenient reader takes them: decoded, lower case, without `[…]`. Undefined where undecodable. */
export const queryNames = (query: string): string[] | undefined => {
  if (query === '') return []
  try {
    return query.split('&').map(
      (pair) =>
        decodeURIComponent(pair.split('=', 1)[0] as string)
          .toLowerCase()
          .split('[', 1)[0] as string,
    )
  } catch {
    return undefined
  }
}

/** Names by which some frameworks take another method from the query. */
const overrides = new Set(['_method', '__method', 'x-http-method-override'])

const isQuery = (query: string): boolean => {
  if (query === '') return true
  if (!isWritten(query, 0, query.length, inQuery)) return false
  const names = queryNames(query)
  return names !== undefined && new Set(names).size === names.length
}

/** Whether a request target is written in the one form that all readers read alike. Nothing is repaired: it is this or refused. */
export const isTarget = (target: string): boolean => {
  if (target.length > maximum || target.charCodeAt(0) !== 0x2f) return false
  const mark = target.indexOf('?')
  return mark < 0 ? isPath(target) : isPath(target.slice(0, mark)) && isQuery(target.slice(mark + 1))
}

export const checkTarget: Check = (exchange) => {
  const { target } = exchange
  if (!isTarget(target)) throw new Refusal('target_refused')
  const mark = target.indexOf('?')
  exchange.path = mark < 0 ? target : target.slice(0, mark)
  exchange.query = mark < 0 ? '' : target.slice(mark + 1)
  if (exchange.query !== '' && queryNames(exchange.query)?.some((name) => overrides.has(name))) {
    throw new Refusal('target_refused', { detail: 'The query names another method.' })
  }
}
