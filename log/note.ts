import { bytesToHex, concatBytes } from '@noble/hashes/utils.js'
import { formatBase64, parseBase64 } from './bytes.ts'
import { LogError } from './errors.ts'
import type { Hash } from './tree.ts'

/** A verifier key (C2SP signed-note, "Verifier keys"). `id` is 8 hex digits. */
export type VerifierKey = { name: string; id: string; publicKey: Uint8Array<ArrayBuffer> }

/** Who signs notes: the key's name and id, and a function that has the private key. */
export type Signer = { name: string; id: string; sign: (message: Uint8Array) => Uint8Array }

export type Signature = { name: string; id: string; signature: Uint8Array<ArrayBuffer> }

/** A note as it was written: nothing in it is to be believed before a signature has been verified. */
export type Note = { text: string; signatures: Signature[] }

/** Signatures in a note that are still read (C2SP asks for at least 16), and its length in UTF-16 units. */
const maxSignatures = 100
const maxLength = 1_000_000
/** Signature type of Ed25519 over the note's text. */
const ed25519 = 0x01

const utf8 = new TextEncoder()

const isKeyName = (name: string): boolean => name !== '' && name.isWellFormed() && !/[\p{White_Space}+]|\p{Cc}/u.test(name)

/** Key id: the first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key). */
export const keyId = (hash: Hash, name: string, publicKey: Uint8Array): string =>
  bytesToHex(hash(concatBytes(utf8.encode(name), new Uint8Array([0x0a, ed25519]), publicKey)).subarray(0, 4))

/** `<name>+<id>+<base64 of type and public key>` */
export const formatVerifierKey = (hash: Hash, name: string, publicKey: Uint8Array): string => {
  if (!isKeyName(name) || publicKey.length !== 32) throw new LogError('malformed_key')
  return `${name}+${keyId(hash, name, publicKey)}+${formatBase64(concatBytes(new Uint8Array([ed25519]), publicKey))}`
}

/** Parses a verifier key; its id must be the one that its name and key give. */
export const parseVerifierKey = (hash: Hash, text: string): VerifierKey => {
  // The name and the id cannot hold a plus; the base64 may.
  const parts = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/u.exec(text)
  if (!parts) throw new LogError('malformed_key')
  const [, name, id, encoded] = parts as unknown as [string, string, string, string]
  const bytes = parseBase64(encoded, 'malformed_key')
  const publicKey = bytes.slice(1)
  if (!isKeyName(name) || bytes[0] !== ed25519 || publicKey.length !== 32) throw new LogError('malformed_key')
  if (keyId(hash, name, publicKey) !== id) throw new LogError('malformed_key', 'Its id is not that of its name and key.')
  return { name, id, publicKey }
}

/** Fingerprint of a key, to be compared by people over another channel. */
export const fingerprintOf = (hash: Hash, { publicKey }: Pick<VerifierKey, 'publicKey'>): string =>
  `SHA256:${formatBase64(hash(publicKey)).replace(/=+$/, '')}`

// biome-ignore lint/suspicious/noControlCharactersInRegex: the format forbids them
const control = /[\u0000-\u0009\u000b-\u001f]/

/** Splits a note into its text and signatures (C2SP signed-note, "Format"). Throws LogError where it is malformed. */
export const parseNote = (note: string): Note => {
  const at = note.lastIndexOf('\n\n')
  if (at < 0 || note.length > maxLength || control.test(note) || !note.isWellFormed() || !note.endsWith('\n'))
    throw new LogError('malformed_note')
  const lines = note.slice(at + 2, -1).split('\n')
  if (at + 2 >= note.length || lines.length > maxSignatures) throw new LogError('malformed_note')
  const signatures = lines.map((line) => {
    const parts = /^\u2014 ([^ ]+) ([^ ]+)$/u.exec(line)
    if (!parts) throw new LogError('malformed_note')
    const [, name, encoded] = parts as unknown as [string, string, string]
    const bytes = parseBase64(encoded, 'malformed_note')
    if (!isKeyName(name) || bytes.length < 5) throw new LogError('malformed_note')
    return { name, id: bytesToHex(bytes.subarray(0, 4)), signature: bytes.slice(4) }
  })
  return { text: note.slice(0, at + 1), signatures }
}

/** Signs a text that ends in a newline. Notes of the same text and key are the same bytes: Ed25519 has no randomness. */
export const signNote = (text: string, signer: Signer): string => {
  if (!text.endsWith('\n') || control.test(text) || !text.isWellFormed() || !isKeyName(signer.name)) throw new LogError('malformed_note')
  const id = Uint8Array.from(signer.id.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  return `${text}\n\u2014 ${signer.name} ${formatBase64(concatBytes(id, signer.sign(utf8.encode(text))))}\n`
}

const imported = new WeakMap<VerifierKey, Promise<CryptoKey>>()

const verifySignature = async (key: VerifierKey, signature: Uint8Array<ArrayBuffer>, text: string): Promise<boolean> => {
  if (signature.length !== 64) return false
  const trusted = imported.get(key) ?? crypto.subtle.importKey('raw', key.publicKey, 'Ed25519', false, ['verify'])
  imported.set(key, trusted)
  return await crypto.subtle.verify('Ed25519', await trusted, signature, utf8.encode(text))
}

/**
 * Opens a note: its text, where at least one trusted key signed it. Signatures by unknown keys are ignored; a wrong one by a
 * trusted key refuses the whole note.
 */
export const openNote = async (note: string, trusted: readonly VerifierKey[]): Promise<{ text: string; signedBy: VerifierKey[] }> => {
  const { text, signatures } = parseNote(note)
  const signedBy = new Set<VerifierKey>()
  for (const { name, id, signature } of signatures) {
    const keys = trusted.filter((key) => key.name === name && key.id === id)
    if (keys.length > 1) throw new LogError('ambiguous_key', `${name}+${id}`)
    const key = keys[0]
    if (!key) continue
    if (!(await verifySignature(key, signature, text))) throw new LogError('signature_wrong', `${name}+${id}`)
    signedBy.add(key)
  }
  if (signedBy.size === 0) throw new LogError('unsigned')
  return { text, signedBy: [...signedBy] }
}
