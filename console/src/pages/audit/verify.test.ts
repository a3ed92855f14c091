import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { LoggedEvent } from '@countersign/contract/events.ts'
import { signCheckpoint } from '@countersign/log/checkpoint.ts'
import { conceal, digestOf, formatDisclosure } from '@countersign/log/disclosure.ts'
import { leafOf } from '@countersign/log/entry.ts'
import { formatVerifierKey, keyId } from '@countersign/log/note.ts'
import { proveInclusion } from '@countersign/log/proof.ts'
import { sha256 } from '@countersign/log/sha256.ts'
import { nodesFromTiles, parseTilePath, type TileReader } from '@countersign/log/tile.ts'
import { formatTlogProof } from '@countersign/log/tlog-proof.ts'
import { rootOfLeaves } from '@countersign/log/tree.ts'
import { describe, expect, it } from 'vitest'
import { Failure } from '../../api/failure.ts'
import type { Seen } from './seen.ts'
import { type Step, type StepName, verifyEvent } from './verify.ts'

const origin = 'test.example/log'
const now = '2026-11-29T12:00:00.000Z'
const newKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const bytes = new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url'))
  return { privateKey, text: formatVerifierKey(sha256, origin, bytes), id: keyId(sha256, origin, bytes) }
}
const key = newKey()
type Key = { privateKey: KeyObject; text: string; id: string }

const disclosure = formatDisclosure({ salt: 'AAAAAAAAAAAAAAAAAAAAAA', name: 'actor.email', value: '"rob@vendor.example"' })
const event = {
  v: 1,
  id: 'evt_00000000000070008000000000000007',
  log_index: 300,
  occurred_at: '2026-11-29T11:59:00.000000Z',
  action: 'STAFF.ENABLED',
  category: 'administration',
  result: 'ok',
  actor: { kind: 'staff', id: 'stf_1', issuer: 'https://id', subject: 'rob', email: 'rob@vendor.example' },
  target: { kind: 'staff', id: 'stf_2' },
  erasable: { 'actor.email': digestOf(sha256, disclosure) },
  disclosures: [disclosure],
} as unknown as LoggedEvent

const leafHash = (given: LoggedEvent): Uint8Array => {
  const { log_index: _, disclosures: __, ...entry } = given
  return leafOf(sha256, conceal(entry))
}
const leavesOf = (size: number): Uint8Array[] =>
  Array.from({ length: size }, (_, n) => (n === event.log_index ? leafHash(event) : sha256(new Uint8Array([n >> 8, n & 255]))))
const readTileOf =
  (leaves: readonly Uint8Array[]): TileReader =>
  async ({ level, index, width }) => {
    if (level === 0) return new Uint8Array(Buffer.concat(leaves.slice(index * 256, index * 256 + width)))
    return new Uint8Array(
      Buffer.concat(Array.from({ length: width }, (_, n) => rootOfLeaves(sha256, leaves.slice(n * 256, n * 256 + 256)))),
    )
  }
const signed = (leaves: readonly Uint8Array[], by: Key = key): string =>
  signCheckpoint(
    { origin, size: leaves.length, root: rootOfLeaves(sha256, leaves) },
    { name: origin, id: by.id, sign: (message) => sign(null, message, by.privateKey) },
  )

/** A server that shows a log, and what a test changes in its answers. */
const serve = (leaves: readonly Uint8Array[], { by = key, change = (_path: string, text: string) => text } = {}) => {
  const readTile = readTileOf(leaves)
  return async (path: string): Promise<Uint8Array<ArrayBuffer>> => {
    if (path.startsWith('/log/tile/')) return new Uint8Array(await readTile(parseTilePath(path.slice('/log/'.length))))
    if (path === '/log/key') return new TextEncoder().encode(change(path, `${by.text}\n`))
    const proof = await proveInclusion(sha256, nodesFromTiles(sha256, readTile, leaves.length), event.log_index, leaves.length)
    return new TextEncoder().encode(change(path, formatTlogProof({ index: event.log_index, proof, checkpoint: signed(leaves, by) })))
  }
}

const verify = (given: LoggedEvent, readBytes: ReturnType<typeof serve>, seen?: Seen) => verifyEvent(given, { readBytes, seen, now })
const states = (steps: readonly Step[]) => Object.fromEntries(steps.map(({ name, state }) => [name, state]))
const wordsOf = (steps: readonly Step[], name: StepName) => steps.find((step) => step.name === name)?.words
const allHold = { shown: 'ok', key: 'ok', signature: 'ok', place: 'ok', before: 'ok' }

describe('M2 AU-16 verification in the browser', () => {
  it('holds, and remembers key and checkpoint; then that the log continues', async () => {
    const first = await verify(event, serve(leavesOf(301)))
    expect(states(first.steps)).toEqual(allHold)
    expect(wordsOf(first.steps, 'place')).toContain('entry #300')
    expect(first.seen).toMatchObject({ key: key.text, pinned_at: now })
    const second = await verify(event, serve(leavesOf(700)), first.seen)
    expect(states(second.steps)).toEqual(allHold)
    expect(wordsOf(second.steps, 'before')).toContain('continues the 301 entries')
    expect(wordsOf((await verify(event, serve(leavesOf(700)), second.seen)).steps, 'before')).toContain(
      'that this browser has seen: 700 entries',
    )
  })

  it.each<[string, LoggedEvent, Partial<Record<StepName, string>>, string]>([
    ['a kept member', { ...event, result: 'deny' } as LoggedEvent, { place: 'bad' }, 'is not the one that the log holds in this place'],
    [
      'an erasable value',
      { ...event, actor: { ...event.actor, email: 'val@vendor.example' } } as LoggedEvent,
      { shown: 'bad', place: undefined as never },
      'A value shown here is not the one that the log committed to',
    ],
    [
      'a value with its disclosure',
      {
        ...event,
        disclosures: [formatDisclosure({ salt: 'AAAAAAAAAAAAAAAAAAAAAA', name: 'actor.email', value: '"val@x"' })],
      } as LoggedEvent,
      { shown: 'bad', place: undefined as never },
      'is not the one that the entry commits to',
    ],
    [
      'a value that was taken away in silence',
      { ...event, disclosures: [], actor: { ...event.actor, email: undefined } } as unknown as LoggedEvent,
      { shown: 'bad', place: undefined as never },
      'called erased',
    ],
    ['its place', { ...event, log_index: 12 } as LoggedEvent, { place: 'bad' }, 'The proof is of entry #300, and this is shown as #12'],
  ])('tells an event of which was changed in transit: %s', async (_what, given, changed, words) => {
    const { steps } = await verify(JSON.parse(JSON.stringify(given)) as LoggedEvent, serve(leavesOf(301)))
    expect(JSON.parse(JSON.stringify({ ...allHold, ...changed }))).toEqual(states(steps))
    expect(steps.map((step) => step.words).join('\n')).toContain(words)
  })

  it.each<[string, (text: string) => string, StepName, string]>([
    ['one hash less', (text) => text.replace(/\n[^\n]{43}=\n/, '\n'), 'place', 'too few or too many hashes'],
    ['its end cut off', (text) => text.slice(0, 200), 'signature', 'cut off, or garbled'],
    [
      'another hash',
      (text) => text.replace(/\n.(.{42}=)\n/, (_, rest) => `\n${'A'}${rest}\n`),
      'place',
      'is not the one that the log holds',
    ],
    ['a checkpoint with another size', (text) => text.replace('\n301\n', '\n302\n'), 'signature', 'changed after it was signed'],
    ['nothing', () => '', 'signature', 'cut off, or garbled'],
  ])('tells a proof with %s', async (_what, cut, name, words) => {
    const { steps, seen } = await verify(
      event,
      serve(leavesOf(301), { change: (path, text) => (path.endsWith('/proof') ? cut(text) : text) }),
    )
    expect(steps.find((step) => step.name === name)).toMatchObject({ state: 'bad' })
    expect(wordsOf(steps, name)).toContain(words)
    expect(name === 'signature' ? seen : undefined).toBeUndefined()
  })

  it('tells a log that has shrunk, and one that was forked, and goes on remembering what it saw', async () => {
    const { seen } = await verify(event, serve(leavesOf(700)))
    const shrunk = await verify(event, serve(leavesOf(301)), seen)
    expect(states(shrunk.steps)).toEqual({ ...allHold, before: 'bad' })
    expect(wordsOf(shrunk.steps, 'before')).toContain('The log has shrunk: this browser has seen 700 entries')
    expect(shrunk.seen).toBeUndefined()
    for (const size of [700, 900]) {
      const forked = await verify(event, serve(leavesOf(size).with(650, sha256(new Uint8Array(9)))), seen)
      expect(states(forked.steps)).toEqual({ ...allHold, before: 'bad' })
      expect(wordsOf(forked.steps, 'before')).toContain('The log was forked')
      expect(forked.seen).toBeUndefined()
    }
  })

  it('tells another key than the one that it met first, and a checkpoint that somebody else signed', async () => {
    const { seen } = await verify(event, serve(leavesOf(301)))
    const changed = await verify(event, serve(leavesOf(301), { by: newKey() }), seen)
    expect(states(changed.steps)).toEqual({ shown: 'ok', key: 'bad' })
    expect(wordsOf(changed.steps, 'key')).toContain('A log never changes its key')
    const elsewhere = serve(leavesOf(301), { by: newKey() })
    const mixed = await verify(event, async (path) => (path === '/log/key' ? serve(leavesOf(301))(path) : elsewhere(path)), seen)
    expect(states(mixed.steps)).toEqual({ shown: 'ok', key: 'ok', signature: 'bad' })
    expect(wordsOf(mixed.steps, 'signature')).toContain('somebody else signed it')
  })

  it('does not call it a fault of the log that nobody answers', async () => {
    const lost = async (): Promise<never> => {
      throw new Failure({ status: 0, code: 'lost', title: 'Nobody answers.', hint: 'Try again.' })
    }
    const { steps, seen } = await verify(event, lost)
    expect(states(steps)).toEqual({ shown: 'ok', key: 'open' })
    expect(seen).toBeUndefined()
  })
})
