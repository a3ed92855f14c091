import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dueOf, type InclusionPromise, promiseSignerOf, signPromise } from '@countersign/log/promise.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runVerify } from '../../server/src/cli/verify.ts'
import { logKeyOf } from '../../server/src/sequencer/log-key.ts'
import { asSuperuser } from '../support/database.ts'
import { insertAt } from '../support/sequencer.ts'
import { newRig, origin, type Rig } from './rig.ts'

let rig: Rig
let file: string
/** Of an hour ago and in the log; of an hour ago and nowhere; of now and nowhere. */
let kept: string
let broken: string
let open: string
let brokenId: string

const hour = 3_600_000
const signerOf = (name: string, keys = rig.keys) => {
  const { verifier, signer } = logKeyOf(keys, name)
  return promiseSignerOf(sha256, verifier, signer)
}
const noteOf = (entries: InclusionPromise['entries'], name = origin): string =>
  signPromise({ origin: name, due: dueOf(entries), entries }, signerOf(name))

beforeAll(async () => {
  rig = await newRig()
  file = join(rig.dataDir, 'promises')
  const lost = await insertAt(rig, new Date(Date.now() - hour))
  brokenId = lost.id
  await asSuperuser(rig.superuserUrl, `delete from events where body like '%' || $1 || '%'`, [lost.id])
  const there = await insertAt(rig, new Date(Date.now() - hour))
  const last = await insertAt(rig, new Date())
  await rig.sequencer.drain()
  kept = noteOf([there, last])
  broken = noteOf([lost])
  open = noteOf([{ id: 'evt_open', occurred_at: new Date().toISOString().replace('Z', '000Z'), leaf: sha256(Buffer.from('open')) }])
})
afterAll(() => rig?.close())

const verify = async (...lines: string[]) => {
  writeFileSync(file, lines.join('\n'))
  const printed: string[] = []
  const source = { store: rig.store, keys: rig.keys, dataDir: rig.dataDir }
  const code = await runVerify({ source, promises: file, print: (line) => printed.push(line) })
  return { code, text: printed.join('\n') }
}
const base64 = (note: string): string => Buffer.from(note).toString('base64')

describe('AU-13 countersign verify --promises', () => {
  it('tells what is redeemed, what is not due and what is broken, with an exit code of its own', async () => {
    expect(await verify(base64(kept))).toEqual({ code: 0, text: expect.stringMatching(/promises +2 redeemed, 0 not due, 0 broken/) })
    expect(await verify(base64(kept), base64(open))).toEqual({
      code: 0,
      text: expect.stringMatching(/promises +2 redeemed, 1 not due, 0 broken\n.*not due +evt_open/),
    })
    const { code, text } = await verify(base64(kept), base64(open), base64(broken))
    expect(code).toBe(3)
    expect(text).toMatch(
      new RegExp(`BROKEN: this log promised to have the event ${brokenId} of .* by .*\\. It reaches to .* and does not have it\\.`),
    )
  })

  it.each([
    ['notes as they were signed', () => [kept, broken]],
    ['values of the header', () => [base64(kept), base64(broken)]],
    ['header lines, as a program prints them', () => [`Countersign-Promise: ${base64(kept)}`, `countersign-promise: ${base64(broken)}\r`]],
    ['NDJSON', () => [JSON.stringify({ promise: base64(kept) }), JSON.stringify({ note: broken }), JSON.stringify(base64(kept))]],
  ])('takes %s', async (_, lines) => {
    const { code, text } = await verify(...lines())
    expect([code, text]).toEqual([3, expect.stringMatching(/promises +2 redeemed, 0 not due, 1 broken/)])
    expect(text).not.toContain('not signed by this log')
  })

  it('counts an event once that is promised twice', async () => {
    const { text } = await verify(...Array<string>(3).fill(base64(kept)), ...Array<string>(3).fill(base64(broken)))
    expect(text).toMatch(/promises +2 redeemed, 0 not due, 1 broken/)
    expect(text.match(/BROKEN/g)).toHaveLength(1)
  })

  it.each([
    ['a forged one', () => base64(broken.replace(/.{4}(?==\n$)/, 'AAAA')), 'signature_wrong'],
    ['one that was altered', () => base64(broken.replace('due 20', 'due 19')), 'signature_wrong'],
    [
      'one of another log',
      () =>
        base64(noteOf([{ id: 'evt_1', occurred_at: '2026-01-01T00:00:00.000000Z', leaf: sha256(Buffer.from('x')) }], 'other.example/log')),
      'unsigned',
    ],
    ['a line of something else', () => 'hello', 'malformed_note'],
    ['JSON of something else', () => '{"promise":7}', 'malformed_note'],
    ['JSON that is cut off', () => '{"promise":"', 'malformed_note'],
  ])('calls %s not signed by this log, and no promise of it broken', async (_, line, fault) => {
    const { code, text } = await verify(base64(kept), line())
    expect(code).toBe(2)
    expect(text).toMatch(new RegExp(`Promise 2 is not signed by this log, and says nothing of it: .* \\(${fault}\\)`))
    expect(text).not.toContain('BROKEN')
  })

  it('refuses a file that is not there, or holds nothing', async () => {
    await expect(verify('', ' ')).rejects.toThrow(/holds no promise/)
    await expect(runVerify({ source: { store: rig.store, keys: rig.keys }, promises: join(rig.dataDir, 'none') })).rejects.toThrow(
      /cannot be read/,
    )
  })

  it('accuses nobody because of an entry that a clock ahead of its time wrote', async () => {
    const ahead = await insertAt(rig, new Date(Date.now() + 24 * hour))
    await rig.sequencer.drain()
    const { code, text } = await verify(base64(noteOf([ahead])), base64(open))
    expect([code, text]).toEqual([0, expect.stringMatching(/promises +1 redeemed, 1 not due, 0 broken/)])
  })
})
