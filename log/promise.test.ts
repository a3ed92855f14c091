import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseCheckpoint, signCheckpoint, verifyCheckpoint } from './checkpoint.ts'
import { leafOf } from './entry.ts'
import { formatVerifierKey, openNote, parseNote, parseVerifierKey, type Signer } from './note.ts'
import {
  dueOf,
  formatPromise,
  type InclusionPromise,
  parsePromise,
  promiseKeyOf,
  promiseSignerOf,
  signPromise,
  verifyPromise,
} from './promise.ts'
import { sha256 as browserHash } from './sha256.ts'
import { sha256 } from './sha256-node.ts'

/** The key of the first test of RFC 8032, 7.1, as a log's. */
const privateKey = createPrivateKey({
  key: Buffer.from('302e020100300506032b657004220420' + '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex'),
  format: 'der',
  type: 'pkcs8',
})
const publicKey = new Uint8Array(Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x as string, 'base64url'))
const keyOf = (origin: string) => parseVerifierKey(sha256, formatVerifierKey(sha256, origin, publicKey))
const key = keyOf('log.example/one')
const signer: Signer = { name: key.name, id: key.id, sign: (message) => sign(null, message, privateKey) }
const promising = promiseSignerOf(sha256, key, signer)

const entry = (id: string, occurred_at: string) => ({ id, occurred_at, leaf: leafOf(sha256, `leaf ${id}`) })
const entries = [entry('evt_1', '2026-11-30T01:02:03.123456Z'), entry('evt_2', '2026-11-30T23:59:30.000001Z')]
const promise: InclusionPromise = { origin: key.name, due: dueOf(entries), entries }
const note = signPromise(promise, promising)

describe('AU-13 P5 inclusion promises', () => {
  it('are these bytes, as another program has made them and docs/verify.md has them', () => {
    expect(formatVerifierKey(sha256, key.name, publicKey)).toBe('log.example/one+b50c71d9+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea')
    expect(note).toBe(`log.example/one/promise
due 2026-12-01T00:00:30.000001Z
evt_1 2026-11-30T01:02:03.123456Z uXPYH8dX2ucFOhKYbeGesSYqiYj0ZxcJxQP6ST6Ei4A=
evt_2 2026-11-30T23:59:30.000001Z cF9wViYJbwalq0dbJPtuIhJODxn6ygcD10cGqQ97Bxg=

\u2014 log.example/one/promise 3eB4cQStsfQYwJdf9Lm2ZFRII9Ci9/XB0Zy23Yd1zpAdxiJuVkwgvoqv75oBJ1R6+V7ftZz7p4HHt0ofDUVCFlLjygQ=
`)
  })

  it('say what they were made of, to Node and to a browser', async () => {
    for (const hash of [sha256, browserHash]) expect(await verifyPromise(hash, note, key)).toEqual({ ...promise, entries: parsed(entries) })
  })

  it('are due a minute after the last of their entries, across midnight too', () => {
    expect(promise.due).toBe('2026-12-01T00:00:30.000001Z')
  })

  it('can never be read as a checkpoint, whatever the signature line says of its key', async () => {
    const { text, signatures } = parseNote(note)
    const line = Buffer.concat([Buffer.from(key.id, 'hex'), signatures[0]?.signature as Uint8Array]).toString('base64')
    const relabelled = `${text}\n\u2014 ${key.name} ${line}\n`
    // The signature holds: of it alone they are not told apart.
    expect((await openNote(relabelled, [key])).text).toBe(text)
    await expect(verifyCheckpoint(relabelled, [key])).rejects.toMatchObject({ code: 'malformed_checkpoint' })
    await expect(verifyCheckpoint(note, [key])).rejects.toMatchObject({ code: 'unsigned' })
    expect(() => parseCheckpoint(text)).toThrow()
  })

  it('are not made of a checkpoint, of a log that has the name of their key either', async () => {
    const checkpoint = signCheckpoint({ origin: 'log.example/one/promise', size: 7, root: new Uint8Array(32) }, promising)
    await expect(verifyPromise(sha256, checkpoint, key)).rejects.toMatchObject({ code: 'malformed_promise' })
  })

  it('are of one log, and of no other that has the same key or the same name', async () => {
    await expect(verifyPromise(sha256, note, keyOf('log.example/two'))).rejects.toMatchObject({ code: 'unsigned' })
    const stranger = { ...key, publicKey: new Uint8Array(32).fill(7) }
    await expect(verifyPromise(sha256, note, stranger)).rejects.toMatchObject({ code: 'unsigned' })
    const lying = signPromise({ ...promise, origin: 'log.example/two' }, promising)
    await expect(verifyPromise(sha256, lying, key)).rejects.toMatchObject({ code: 'malformed_promise' })
  })

  it('do not hold with one changed character', async () => {
    for (const [from, to] of [
      ['evt_1', 'evt_3'],
      ['due 2026-12', 'due 2036-12'],
      ['01:02:03', '01:02:04'],
    ] as const)
      await expect(verifyPromise(sha256, note.replace(from, to), key)).rejects.toMatchObject({ code: 'signature_wrong' })
  })

  it.each([
    ['no entry', { ...promise, entries: [] }],
    ['an id with a space', { ...promise, entries: [entry('evt 1', '2026-11-30T01:02:03.123456Z')] }],
    ['an instant without microseconds', { ...promise, entries: [entry('evt_1', '2026-11-30T01:02:03Z')] }],
    ['no due time', { ...promise, due: '' }],
    ['a name of two lines', { ...promise, origin: 'a\nb' }],
    ['half a leaf', { ...promise, entries: [{ ...entries[0], leaf: new Uint8Array(16) } as never] }],
  ])('are refused with %s', (_, wrong) => {
    expect(() => formatPromise(wrong)).toThrow(expect.objectContaining({ code: 'malformed_promise' }))
  })

  it.each([
    ['no name', (text: string) => text.replace('log.example/one', '')],
    ['another word for due', (text: string) => text.replace('due ', 'by ')],
    ['a member too many', (text: string) => text.replace('evt_1 ', 'evt_1 x ')],
    ['an empty line', (text: string) => `${text}\n`],
    ['no end', (text: string) => text.slice(0, -1)],
    ['no entries', (text: string) => `${text.split('\n').slice(0, 2).join('\n')}\n`],
  ])('are not read with %s', (_, change) => {
    expect(() => parsePromise(change(formatPromise(promise)))).toThrow(expect.objectContaining({ code: 'malformed_promise' }))
  })

  it('have a key of their own name and id, with the bytes of the log’s', () => {
    const own = promiseKeyOf(sha256, key)
    expect(own).toEqual({ name: 'log.example/one/promise', id: 'dde07871', publicKey: key.publicKey })
    expect(key.id).toBe('b50c71d9')
  })
})

/** As they are read: plain byte arrays, whatever hash made them. */
function parsed(given: typeof entries) {
  return given.map((each) => ({ ...each, leaf: new Uint8Array(each.leaf) }))
}
