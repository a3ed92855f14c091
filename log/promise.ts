import { formatBase64, parseBase64 } from './bytes.ts'
import { LogError } from './errors.ts'
import { keyId, openNote, type Signer, signNote, type VerifierKey } from './note.ts'
import { type Hash, hashLength } from './tree.ts'

/** An entry that is to be in the log: the event's id, its instant, and its leaf hash. */
export type PromisedEntry = { id: string; occurred_at: string; leaf: Uint8Array }

/** An inclusion promise: by `due`, the log `origin` has each of these entries. */
export type InclusionPromise = { origin: string; due: string; entries: readonly PromisedEntry[] }

/** Between an entry's instant and when it is in the log at the latest. The rule is a second. */
export const promiseSeconds = 60

const suffix = '/promise'
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/
const idForm = /^[!-~]+$/

/** When entries that are promised together are due: counted from the last of them, by the clock that wrote their instants. */
export const dueOf = (entries: readonly Pick<PromisedEntry, 'occurred_at'>[]): string => {
  const last = entries.reduce((latest, { occurred_at }) => (occurred_at > latest ? occurred_at : latest), '')
  if (!instant.test(last)) throw new LogError('malformed_promise')
  const second = new Date(Date.parse(`${last.slice(0, 19)}Z`) + promiseSeconds * 1000)
  return `${second.toISOString().slice(0, 19)}${last.slice(19)}`
}

/**
 * The note's text. Checkpoints are signed with the same private key, and a signature says nothing of its key's name: so no text may be
 * both. The second line of a checkpoint is a number and that of a promise never is.
 */
export const formatPromise = ({ origin, due, entries }: InclusionPromise): string => {
  const isWhole = entries.every(({ id, occurred_at, leaf }) => idForm.test(id) && instant.test(occurred_at) && leaf.length === hashLength)
  if (origin === '' || origin.includes('\n') || !instant.test(due) || entries.length === 0 || !isWhole)
    throw new LogError('malformed_promise')
  const lines = entries.map(({ id, occurred_at, leaf }) => `${id} ${occurred_at} ${formatBase64(leaf)}`)
  return `${[`${origin}${suffix}`, `due ${due}`, ...lines].join('\n')}\n`
}

const parseEntry = (line: string): PromisedEntry => {
  const [id = '', occurred_at = '', encoded = '', ...more] = line.split(' ')
  const leaf = parseBase64(encoded, 'malformed_promise')
  if (!idForm.test(id) || !instant.test(occurred_at) || leaf.length !== hashLength || more.length > 0)
    throw new LogError('malformed_promise')
  return { id, occurred_at, leaf }
}

/** Reads a note's text. */
export const parsePromise = (text: string): InclusionPromise => {
  const [name = '', second = '', ...lines] = text.split('\n')
  const due = second.startsWith('due ') ? second.slice('due '.length) : ''
  const isOurs = name.endsWith(suffix) && name.length > suffix.length
  if (!isOurs || !instant.test(due) || lines.pop() !== '' || lines.length === 0) throw new LogError('malformed_promise')
  return { origin: name.slice(0, -suffix.length), due, entries: lines.map(parseEntry) }
}

/** The log's key under the name that it signs promises with. Its bytes are the same, its name and id are not. */
export const promiseKeyOf = (hash: Hash, { name, publicKey }: Pick<VerifierKey, 'name' | 'publicKey'>): VerifierKey => ({
  name: `${name}${suffix}`,
  id: keyId(hash, `${name}${suffix}`, publicKey),
  publicKey,
})

/** Who signs promises, from the log's key and who signs its checkpoints. */
export const promiseSignerOf = (hash: Hash, key: VerifierKey, { sign }: Pick<Signer, 'sign'>): Signer => {
  const { name, id } = promiseKeyOf(hash, key)
  return { name, id, sign }
}

export const signPromise = (promise: InclusionPromise, signer: Signer): string => signNote(formatPromise(promise), signer)

/** A promise that this log's key signed. Throws LogError for any other note. */
export const verifyPromise = async (hash: Hash, note: string, logKey: VerifierKey): Promise<InclusionPromise> => {
  const { text } = await openNote(note, [promiseKeyOf(hash, logKey)])
  const promise = parsePromise(text)
  if (promise.origin !== logKey.name) throw new LogError('malformed_promise', `It says ${promise.origin}.`)
  return promise
}
