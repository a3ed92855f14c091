import { Refusal } from '../../errors.ts'
import type { Check } from '../exchange.ts'

const targetCharactersMaximum = 2048
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

/** One of a query's pairs: its name decoded, its value as it stands. */
export type QueryPair = { name: string; value: string }

/** The pairs of a query, or undefined where a name cannot be decoded. */
const pairsOf = (query: string): QueryPair[] | undefined => {
  if (query === '') return []
  try {
    return query.split('&').map((pair) => {
      const mark = pair.indexOf('=')
      return { name: decodeURIComponent(mark < 0 ? pair : pair.slice(0, mark)), value: mark < 0 ? '' : pair.slice(mark + 1) }
    })
  } catch {
    return undefined
  }
}

/** A name as the most lenient reader takes it: lower case, without `[…]`. */
const lenient = (name: string): string => name.toLowerCase().split('[', 1)[0] as string

/** Names by which some frameworks take another method from the query. */
const overrides = new Set(['_method', '__method', 'x-http-method-override'])

/** The pairs of a query that is written in one form, of which no two have one name. */
const readQuery = (query: string): QueryPair[] | undefined => {
  if (!isWritten(query, 0, query.length, inQuery)) return undefined
  const pairs = pairsOf(query)
  return pairs && new Set(pairs.map(({ name }) => lenient(name))).size === pairs.length ? pairs : undefined
}

type Target = { path: string; query: QueryPair[] }

/** A request target that is written in the one form that all readers read alike. Nothing is repaired: it is this or undefined. */
const readTarget = (target: string): Target | undefined => {
  if (target.length > targetCharactersMaximum || target.charCodeAt(0) !== 0x2f) return undefined
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const query = mark < 0 ? [] : readQuery(target.slice(mark + 1))
  return query && isPath(path) ? { path, query } : undefined
}

export const isTarget = (target: string): boolean => readTarget(target) !== undefined

export const checkTarget: Check = (exchange) => {
  const read = readTarget(exchange.target)
  if (!read) throw new Refusal('target_refused')
  exchange.path = read.path
  exchange.query = read.query
  if (read.query.some(({ name }) => overrides.has(lenient(name)))) {
    throw new Refusal('target_refused', { detail: 'The query names another method.' })
  }
}
