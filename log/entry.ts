import canonicalize from 'canonicalize'
import { LogError } from './errors.ts'
import { type Hash, hashLeaf } from './tree.ts'

const utf8 = new TextEncoder()

/** RFC 8785 form of a JSON value: the bytes that a leaf is the hash of. */
export const canonicalForm = (value: unknown): string => {
  const text = canonicalize(value)
  if (text === undefined) throw new LogError('not_canonical')
  return text
}

/** Whether the members of every object stand in ascending order of their UTF-16 code units (RFC 8785 §3.2.3). */
const isSorted = (value: unknown): boolean => {
  if (value === null || typeof value !== 'object') return true
  if (Array.isArray(value)) return value.every(isSorted)
  let last: string | undefined
  for (const name in value) {
    if (last !== undefined && name <= last) return false
    if (!isSorted((value as Record<string, unknown>)[name])) return false
    last = name
  }
  return true
}

/**
 * Parses an entry and refuses any spelling but the canonical one. JSON.stringify writes strings and numbers as RFC 8785
 * does, so for sorted members a comparison with it is enough; the rest takes the slow way.
 */
export const parseEntry = (text: string): unknown => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new LogError('not_canonical', 'It is not JSON.')
  }
  const plain = !text.includes('\\ud') && JSON.stringify(value) === text && isSorted(value)
  if (!plain && slowForm(value) !== text) throw new LogError('not_canonical')
  return value
}

const slowForm = (value: unknown): string | undefined => {
  try {
    return canonicalize(value)
  } catch {
    return undefined // a lone surrogate has no canonical form
  }
}

/** Leaf hash of an entry given as canonical text or as a value. */
export const leafOf = (hash: Hash, entry: string | object): Uint8Array =>
  hashLeaf(hash, utf8.encode(typeof entry === 'string' ? entry : canonicalForm(entry)))
