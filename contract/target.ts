import { isOverride, rootOfName } from './method-override.ts'
import { isTenantName } from './tenant-name.ts'

export const targetCharactersMaximum = 8192
const inPath = 1
const inQuery = 2

/** For each ASCII character: may it stand as itself in a path segment, in a query? */
const literal = new Uint8Array(128)
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~!$'()*,=:@-")
  literal[char.charCodeAt(0)] = inPath | inQuery
// Browsers leave these in a path as they are.
for (const char of '&+[]|^') literal[char.charCodeAt(0)] = inPath | inQuery
for (const char of '/?{}`') literal[char.charCodeAt(0)] = inQuery

/** For each byte: may it stand percent-encoded? Never where a plain character would do, or where routers disagree on it. */
const encoded = new Uint8Array(256)
for (let byte = 0x20; byte < 0x100; byte++) if (byte !== 0x7f) encoded[byte] = inQuery
for (const char of '\t\n') encoded[char.charCodeAt(0)] = inQuery
for (let byte = 0x20; byte < 0x100; byte++) {
  const char = String.fromCharCode(byte)
  if (!/[A-Za-z0-9\-_~./\\%;?#\x7f]/.test(char)) encoded[byte] = inPath | inQuery
}

/** What a hex digit stands for, or -1. Both cases are one spelling to every reader (RFC 3986 section 6.2.2.1), and curl writes `%c3`. */
const hex = (code: number): number => {
  if (code >= 48 && code <= 57) return code - 48
  const upper = code & ~0x20
  return upper >= 65 && upper <= 70 ? upper - 55 : -1
}
const byteAt = (text: string, at: number): number => {
  const high = hex(text.charCodeAt(at + 1))
  const low = hex(text.charCodeAt(at + 2))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

/** What is wrong, with the place of it counted from one. */
const faultAt = (at: number, what: string): string => `Character ${at + 1} of the target: ${what}.`

const percentFault = (text: string, at: number, where: number): string => {
  const written = text.slice(at, at + 3)
  if (!/^%[0-9A-Fa-f]{2}$/.test(written))
    return where === inPath ? '"%" does not begin an escape' : '"%" does not begin an escape; write %25'
  const char = String.fromCharCode(Number.parseInt(written.slice(1), 16))
  if (/[A-Za-z0-9\-_~]/.test(char) || (char === '.' && where === inQuery)) return `write "${char}" in place of ${written}`
  if (where === inPath) return `${written} is not accepted in a path: programs disagree on what it means`
  return `${written} is not accepted: of control characters only %0A and %09 are`
}

const literalFault = (code: number, where: number): string => {
  const char = String.fromCharCode(code)
  const shown = code > 0x20 && code < 0x7f ? `"${char}"` : `the byte ${code.toString(16).toUpperCase().padStart(2, '0')}`
  if (char === '#') return `${shown} begins a fragment, which is not sent`
  const written = `%${code.toString(16).toUpperCase().padStart(2, '0')}`
  if (code < 0x80 && ((encoded[code] as number) & where) !== 0) return `write ${written} in place of ${shown}`
  if (code >= 0x80) return `${shown} does not stand in a target as it is; write its UTF-8 percent-encoded`
  return `${shown} is not accepted in a ${where === inPath ? 'path' : 'query'}: programs disagree on what it means`
}

/** Beyond ASCII, or a space, or what some take for one: what a segment means has to be looked at as a whole. */
const isBeyond = (byte: number): boolean => byte === 0x20 || byte >= 0x80
const plus = 0x2b

/** The first character that may not stand where it does. `-1`: none; `beyond` says whether any is beyond ASCII. */
const scan = (text: string, from: number, to: number, where: number): { fault: string | undefined; beyond: boolean } => {
  let beyond = false
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x25) {
      const byte = i + 2 < to ? byteAt(text, i) : -1
      if (byte < 0 || ((encoded[byte] as number) & where) === 0)
        return { fault: faultAt(i, percentFault(text.slice(0, to), i, where)), beyond }
      beyond ||= isBeyond(byte)
      i += 2
    } else if (code > 127 || ((literal[code] as number) & where) === 0) return { fault: faultAt(i, literalFault(code, where)), beyond }
    else beyond ||= code === plus
  }
  return beyond ? hasBeyond : isFine
}
const isFine = { fault: undefined, beyond: false }
const hasBeyond = { fault: undefined, beyond: true }

/** What some program might take for a character that parts paths, or takes away: by NFKC, or by the nearest one in an older encoding. */
const lookalikes = /[./\\%;?#:]|[⁄∕∖⧵⧸¥₩]/u

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** A segment with more than ASCII in it has to be well-formed UTF-8, and to mean the same however it is normalized. */
const findSegmentFault = (segment: string): string | undefined => {
  if (/^\+|\+$/.test(segment)) return 'its segment begins or ends with "+", which some read as a space; write %2B'
  const text = decode(segment.replaceAll('+', ' '))
  if (text === undefined) return 'its segment is not well-formed UTF-8'
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) return 'its segment has a control character'
  const folded = text.normalize('NFKC')
  if (lookalikes.test(text.replace(/[\0-\x7f]/g, '').normalize('NFKC')))
    return 'its segment has a character that can be read as a separator or a dot'
  if (folded !== folded.trim()) return 'its segment begins or ends with a space'
  return /^[. ]*$/.test(folded) ? 'its segment has nothing but dots and spaces' : undefined
}

/** Plain segments, none empty but the last, none `.` or `..`. */
const findPathFault = (target: string, length: number): string | undefined => {
  if (length === 1) return undefined
  for (let start = 1; start <= length; ) {
    const slash = target.indexOf('/', start)
    const end = slash < 0 || slash > length ? length : slash
    if (end === start) return end === length && start > 1 ? undefined : faultAt(start, 'an empty segment; write one slash')
    const dots = target.charCodeAt(start) === 0x2e && (end - start === 1 || (end - start === 2 && target.charCodeAt(start + 1) === 0x2e))
    if (dots) return faultAt(start, `a segment "${target.slice(start, end)}"; write the path that it leads to`)
    const { fault, beyond } = scan(target, start, end, inPath)
    if (fault !== undefined) return fault
    const odd = beyond ? findSegmentFault(target.slice(start, end)) : undefined
    if (odd !== undefined) return faultAt(start, odd)
    start = end + 1
  }
  return undefined
}

/** One of a query's pairs: its name decoded, its value as it stands. */
export type QueryPair = { name: string; value: string; names_tenant: boolean }

/** What decides something may stand there once: which of two counts, each program says otherwise. All other names may be repeated. */
const findPairFault = ({ name, names_tenant }: QueryPair, tenants: Set<string>): string | undefined => {
  if (isOverride(name)) return 'the query names another method'
  if (!names_tenant) return undefined
  const { size } = tenants
  return tenants.add(rootOfName(name)).size === size ? 'the query names the tenant twice; send it once' : undefined
}

const pairOf = (text: string): QueryPair | undefined => {
  const mark = text.indexOf('=')
  const written = mark < 0 ? text : text.slice(0, mark)
  const name = written.includes('%') ? decode(written) : written
  return name === undefined ? undefined : { name, value: mark < 0 ? '' : text.slice(mark + 1), names_tenant: isTenantName(name) }
}

/** The pairs of a query, or what is wrong with it. */
const readQuery = (target: string, from: number): QueryPair[] | string => {
  const { fault } = scan(target, from, target.length, inQuery)
  if (fault !== undefined) return fault
  const pairs: QueryPair[] = []
  const tenants = new Set<string>()
  for (let start = from; start < target.length; ) {
    const next = target.indexOf('&', start)
    const end = next < 0 ? target.length : next
    const pair = pairOf(target.slice(start, end))
    if (!pair) return faultAt(start, 'a name that is not well-formed UTF-8')
    const odd = findPairFault(pair, tenants)
    if (odd !== undefined) return faultAt(start, odd)
    pairs.push(pair)
    start = end + 1
  }
  return pairs
}

export type Target = { path: string; query: readonly QueryPair[] }

const none: readonly QueryPair[] = []

/** A request target that is written in the one form that all readers read alike, or what is wrong with it. Nothing is repaired. */
export const readTarget = (target: string): Target | string => {
  if (target.length > targetCharactersMaximum)
    return `The target has ${target.length} characters; at most ${targetCharactersMaximum} are accepted.`
  if (target.charCodeAt(0) !== 0x2f) return faultAt(0, 'a target begins with "/", and is of our own host where it is a whole address')
  const mark = target.indexOf('?')
  const fault = findPathFault(target, mark < 0 ? target.length : mark)
  if (fault !== undefined) return fault
  if (mark < 0) return { path: target, query: none }
  const query = readQuery(target, mark + 1)
  return typeof query === 'string' ? query : { path: target.slice(0, mark), query }
}

/** What is wrong with a target, in a sentence. */
export const targetFault = (target: string): string | undefined => {
  const read = readTarget(target)
  return typeof read === 'string' ? read : undefined
}

export const isTarget = (target: string): boolean => targetFault(target) === undefined
