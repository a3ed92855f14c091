import { formatBase64, parseBase64 } from './bytes.ts'
import { LogError } from './errors.ts'
import type { Hash } from './tree.ts'

/*
 * What can be erased does not stand in an entry, only a digest of it, as in SD-JWT (RFC 9901 §4.2). Beside the entry lies the
 * disclosure: base64url of the JSON array [salt, name, value]. The digest is base64url of the SHA-256 of that text. The entry's
 * member `erasable` maps the path of each such member to its digest, and the name in the disclosure is that path.
 */

/** `value` is JSON text: the same bytes whenever the disclosure is written again. */
export type Disclosure = { salt: string; name: string; value: string }

/** 128 random bits. */
export const saltPattern = /^[A-Za-z0-9_-]{21}[AQgw]$/

const utf8 = new TextEncoder()
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** base64url without padding (RFC 4648 §5). */
const formatBase64Url = (bytes: Uint8Array): string => formatBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')

const parseBase64Url = (text: string): Uint8Array => {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new LogError('malformed_disclosure', 'It is not base64url.')
  const padded = text.replaceAll('-', '+').replaceAll('_', '/')
  return parseBase64(padded.padEnd(Math.ceil(padded.length / 4) * 4, '='), 'malformed_disclosure')
}

/** The JSON array of a disclosure. */
export const disclosureJson = ({ salt, name, value }: Disclosure): string => `["${salt}",${JSON.stringify(name)},${value}]`

export const formatDisclosure = (disclosure: Disclosure): string => formatBase64Url(utf8.encode(disclosureJson(disclosure)))

/** The name and value that a disclosure gives. */
export const parseDisclosure = (text: string): { name: string; value: unknown } => {
  let array: unknown
  try {
    array = JSON.parse(strict.decode(parseBase64Url(text)))
  } catch (error) {
    if (error instanceof LogError) throw error
    throw new LogError('malformed_disclosure', 'It is not JSON.')
  }
  const [salt, name, value] = Array.isArray(array) && array.length === 3 ? array : []
  if (typeof salt !== 'string' || typeof name !== 'string' || value === undefined) throw new LogError('malformed_disclosure')
  if (!saltPattern.test(salt)) throw new LogError('malformed_disclosure', 'Its salt is not one of 128 bits.')
  return { name, value }
}

/** What stands in the entry for a disclosure. */
export const digestOf = (hash: Hash, disclosure: string): string => formatBase64Url(hash(utf8.encode(disclosure)))

type Members = { [name: string]: unknown }

const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The digests of an entry by the paths that they stand for. */
export const digestsIn = (entry: unknown): ReadonlyMap<string, string> => {
  const erasable = isMembers(entry) && isMembers(entry.erasable) ? entry.erasable : {}
  return new Map(Object.entries(erasable).filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
}

/** Puts a value at its path; members on the way are made where they are missing. */
const place = (event: Members, path: string, value: unknown): void => {
  const names = path.split('.')
  const last = names.pop() as string
  let at = event
  for (const name of names) {
    const next = Object.hasOwn(at, name) ? at[name] : undefined
    // A copy: the entry stays as it is.
    const made = isMembers(next) ? { ...next } : {}
    at[name] = made
    at = made
  }
  at[last] = value
}

/**
 * The event of an entry, with its values in place. `find` gives the value of a member whose digest this is, or undefined where
 * there is none; those members are absent and named.
 */
export const reveal = (entry: object, find: (path: string, digest: string) => unknown): { event: Members; erased: string[] } => {
  const { erasable: _, ...event } = entry as Members
  const erased: string[] = []
  for (const [path, digest] of digestsIn(entry)) {
    const value = find(path, digest)
    if (value === undefined) erased.push(path)
    else place(event, path, value)
  }
  return { event, erased }
}

/** The other way: an entry's canonical members from an event that was served with its values in place and its digests. */
export const conceal = (event: object): object => {
  const entry = structuredClone(event) as Members
  for (const path of digestsIn(entry).keys()) {
    const names = path.split('.')
    const last = names.pop() as string
    const parents = [entry]
    for (const name of names) {
      const next = (parents.at(-1) as Members)[name]
      if (!isMembers(next)) break
      parents.push(next)
    }
    if (parents.length > names.length) delete (parents.at(-1) as Members)[last]
    // What held nothing else is not in the entry.
    for (let depth = parents.length - 1; depth > 0 && Object.keys(parents[depth] as Members).length === 0; depth -= 1) {
      delete (parents[depth - 1] as Members)[names[depth - 1] as string]
    }
  }
  return entry
}

/** What is wrong with the disclosures that came with an entry; empty where each is the one that the entry commits to. */
export const judgeDisclosures = (
  hash: Hash,
  entry: unknown,
  disclosures: readonly string[],
): { values: Map<string, unknown>; missing: Map<string, string>; faults: string[] } => {
  const missing = new Map(digestsIn(entry))
  const paths = new Map([...missing].map(([path, digest]) => [digest, path]))
  const values = new Map<string, unknown>()
  const faults: string[] = []
  for (const disclosure of disclosures) {
    try {
      const { name, value } = parseDisclosure(disclosure)
      const path = paths.get(digestOf(hash, disclosure))
      if (path === undefined)
        faults.push(
          missing.has(name) || values.has(name)
            ? `The disclosure of ${name} is not the one that the entry commits to.`
            : `A disclosure of ${name} belongs to another entry.`,
        )
      else if (values.has(path)) faults.push(`There are two disclosures of ${path}.`)
      else if (path !== name) faults.push(`The disclosure of ${path} gives ${name}.`)
      else {
        values.set(path, value)
        missing.delete(path)
      }
    } catch (error) {
      if (!(error instanceof LogError)) throw error
      faults.push(error.message)
    }
  }
  return { values, missing, faults }
}
