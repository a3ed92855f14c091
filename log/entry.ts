import canonicalize from 'canonicalize'
import { type Looked, lookPlainly } from './canonical.ts'
import { LogError } from './errors.ts'
import { type Hash, hashLeaf } from './tree.ts'

const utf8 = new TextEncoder()
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** RFC 8785 form of a JSON value: the bytes that a leaf is the hash of. */
export const canonicalForm = (value: unknown): string => {
  const text = canonicalize(value)
  if (text === undefined) throw new LogError('not_canonical')
  return text
}

const lookSlowly = (entry: Uint8Array): Looked | undefined => {
  try {
    const text = strict.decode(entry)
    const value: unknown = JSON.parse(text)
    if (canonicalize(value) !== text) return undefined
    const id = (value as { id?: unknown } | null)?.id
    return { id: typeof id === 'string' ? utf8.encode(JSON.stringify(id).slice(1, -1)) : undefined }
  } catch {
    return undefined // not UTF-8, not JSON, or a lone surrogate, which has no canonical form
  }
}

/** Looks through an entry; undefined where it is not a JSON value in the form of RFC 8785: that form and no other spelling of it. */
export const lookThrough = (entry: Uint8Array): Looked | undefined => lookPlainly(entry) ?? lookSlowly(entry)

export const isCanonical = (entry: Uint8Array): boolean => lookThrough(entry) !== undefined

/** The value of an entry; throws LogError for any spelling but the canonical one. */
export const parseEntry = (entry: Uint8Array): unknown => {
  if (!isCanonical(entry)) throw new LogError('not_canonical')
  return JSON.parse(strict.decode(entry))
}

/** Leaf hash of an entry given as canonical text or as a value. */
export const leafOf = (hash: Hash, entry: string | object): Uint8Array =>
  hashLeaf(hash, utf8.encode(typeof entry === 'string' ? entry : canonicalForm(entry)))
