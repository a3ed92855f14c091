import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { signCheckpoint } from '@countersign/log/checkpoint.ts'
import { leafOf } from '@countersign/log/entry.ts'
import { formatVerifierKey, parseVerifierKey } from '@countersign/log/note.ts'
import { dueOf, promiseSignerOf, signPromise } from '@countersign/log/promise.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { formatTlogProof } from '@countersign/log/tlog-proof.ts'
import { rootOfLeaves } from '@countersign/log/tree.ts'
import { expect, it } from 'vitest'
import { Failure } from '../../api/failure.ts'
import type { KeptPromise } from '../../api/promises.ts'
import { redeem } from './redeem.ts'

const origin = 'log.example/one'
const newLog = (privateKey: KeyObject, name = origin) => {
  const { x } = createPublicKey(createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }))).export({ format: 'jwk' })
  const text = formatVerifierKey(sha256, name, new Uint8Array(Buffer.from(x as string, 'base64url')))
  const key = parseVerifierKey(sha256, text)
  const signer = { name, id: key.id, sign: (message: Uint8Array) => sign(null, message, privateKey) }
  return { text, signer, promising: promiseSignerOf(sha256, key, signer), origin: name }
}
const log = newLog(generateKeyPairSync('ed25519').privateKey)
const another = newLog(generateKeyPairSync('ed25519').privateKey)

const leaves = ['a', 'b'].map((text) => leafOf(sha256, text))
const entry = (id: string, leaf: Uint8Array, occurred_at = '2026-11-30T01:00:00.000000Z') => ({ id, occurred_at, leaf })
const there = entry('evt_there', leaves[1] as Uint8Array)
const gone = entry('evt_gone', leafOf(sha256, 'gone'))
const promiseOf = (entries: ReturnType<typeof entry>[], of = log): string =>
  Buffer.from(signPromise({ origin: of.origin, due: dueOf(entries), entries }, of.promising)).toString('base64')

const failure = (status: number) => new Failure({ status, code: 'x', title: 'x', hint: 'x' })
const proof = (): string =>
  formatTlogProof({
    index: 1,
    proof: [leaves[0] as Uint8Array],
    checkpoint: signCheckpoint({ origin, size: 2, root: rootOfLeaves(sha256, leaves) }, log.signer),
  })
const late = { state: 'live', signed_at: '2026-11-30T02:00:00.000Z' } as const

const judge = async (promises: string[], changes: Partial<Parameters<typeof redeem>[0]> = {}) => {
  const dropped: string[] = []
  const kept: KeptPromise[] = promises.map((promise, n) => ({ place: `place ${n}`, promise, keptAt: 0 }))
  const broken = await redeem({
    kept,
    log: late,
    drop: ({ place }) => dropped.push(place),
    readBytes: async (path) => {
      if (path === '/log/key') return new TextEncoder().encode(`${log.text}\n`)
      if (path === '/api/audit/evt_there/proof') return new TextEncoder().encode(proof())
      throw failure(404)
    },
    ...changes,
  })
  return { dropped, broken: broken.map(({ kept: { place }, count }) => [place, count]) }
}

it('AU-13 lets go of a promise whose events are in the log', async () => {
  expect(await judge([promiseOf([there])])).toEqual({ dropped: ['place 0'], broken: [] })
})

it('AU-13 tells a promise that is due, whose event a log that goes on does not have', async () => {
  expect(await judge([promiseOf([there, gone])])).toEqual({ dropped: [], broken: [['place 0', 1]] })
})

it('AU-13 tells one whose event was changed: the tree has another leaf in its place', async () => {
  expect(await judge([promiseOf([{ ...there, leaf: gone.leaf }])])).toEqual({ dropped: [], broken: [['place 0', 1]] })
})

it.each([
  ['is not due', { state: 'live', signed_at: '2026-11-30T01:00:59.000Z' }],
  ['was never signed', { state: 'live', signed_at: null }],
  ['is behind', { ...late, state: 'behind' }],
  ['has stopped', { ...late, state: 'stopped' }],
] as const)('AU-13 waits while the log %s', async (_, state) => {
  expect(await judge([promiseOf([gone])], { log: state })).toEqual({ dropped: [], broken: [] })
})

it('AU-13 says nothing of another log, of one that began anew under the same name either, and keeps what that promised', async () => {
  expect(await judge([promiseOf([gone], another), promiseOf([there])])).toEqual({ dropped: ['place 1'], broken: [] })
})

it('AU-13 says nothing of what nobody signed, and lets go of what only claims to be signed with this key', async () => {
  const altered = Buffer.from(
    Buffer.from(promiseOf([gone]), 'base64')
      .toString()
      .replace('evt_gone', 'evt_make'),
  ).toString('base64')
  expect(await judge(['', '%', 'aGVsbG8=', altered])).toEqual({ dropped: ['place 3'], broken: [] })
})

it.each([0, 401, 503])('AU-13 judges nothing where the server answers with %i, and keeps what it has', async (status) => {
  const dropped: string[] = []
  const readBytes = async (path: string) => {
    if (path === '/log/key') return new TextEncoder().encode(log.text)
    throw failure(status)
  }
  await expect(judge([promiseOf([gone])], { readBytes, drop: ({ place }) => dropped.push(place) })).rejects.toMatchObject({ status })
  expect(dropped).toEqual([])
})
