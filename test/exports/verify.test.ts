import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { leafOf } from '@countersign/log/entry.ts'
import { parseVerifierKey } from '@countersign/log/note.ts'
import { dueOf, promiseSignerOf, signPromise } from '@countersign/log/promise.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runVerify } from '../../server/src/cli/verify.ts'
import { logKeyOf } from '../../server/src/sequencer/log-key.ts'
import type { Visitor } from '../support/browser.ts'
import { share } from '../support/long.ts'
import { type Rig, startRig } from '../support/rig.ts'
import { until } from '../support/until.ts'
import { repack, unpack } from './repack.ts'
import { fileOf, prepared } from './rig.ts'

const formats = ['csv', 'json', 'ndjson'] as const
const folder = mkdtempSync(join(tmpdir(), 'countersign-exports-'))
const files: Record<string, Buffer> = {}

let rig: Rig
let auditor: Visitor & { staff_id: string }
let vkey: string
beforeAll(async () => {
  rig = await startRig()
  auditor = await rig.visitorWith(['auditor'])
  await rig.database.journal.recordAll(
    rig.database.store.db,
    Array.from({ length: 450 }, (_, n) => ({
      action: 'TENANT.OPENED' as const,
      result: 'ok' as const,
      actor: { kind: 'system' as const, id: n % 4 === 0 ? 'other' : 'test' },
      tenant_id: 'ten_a',
      target: { kind: 'tenant' as const, id: `ten_${n}`, label: `Zoë & "Co",\n=${n}` },
      note: `number ${n}`,
    })),
  )
  await until(async () => (await (await auditor.get('/api/log')).json()).pending === 0)
  vkey = (await (await auditor.get('/log/key')).text()).trim()
  for (const format of formats) files[format] = await fileOf(auditor, await prepared(auditor, { filters: { actor_id: 'test' }, format }))
})
afterAll(async () => {
  await rig?.close()
  rmSync(folder, { recursive: true, force: true })
})

let copies = 0
const place = (): string => {
  copies += 1
  return join(folder, `${copies}`)
}
const written = (bytes: Buffer): string => {
  const path = place()
  writeFileSync(path, bytes)
  return path
}
const verify = async (path: string, more: { vkey?: string; checkpoint?: string; promises?: string } = { vkey }) => {
  const lines: string[] = []
  const code = await runVerify({ source: { folder: path }, ...more, print: (line) => lines.push(line) })
  return { code, first: lines[0] ?? '', all: lines.join('\n') }
}
const forged = (format: string, change: (files: Map<string, Buffer>) => void): string => {
  const unpacked = unpack(files[format] as Buffer)
  change(unpacked)
  return repack(place(), unpacked)
}
const editLines = (name: string, change: (lines: string[]) => string[]) => (unpacked: Map<string, Buffer>) => {
  const lines = (unpacked.get(name) as Buffer).toString('utf8').split('\n')
  unpacked.set(name, Buffer.from(change(lines).join('\n')))
}

describe('A43 A44 P6 countersign verify takes an export', () => {
  it.each(formats)('and accepts it, as %s', async (format) => {
    const { code, all } = await verify(written(files[format] as Buffer))
    expect(all).toMatch(
      /^The export of \S+ verifies\.\n {2}events {6}337 checked, of the first \d+ entries of the log\n {2}values {6}674 checked\n/,
    )
    expect(all).toContain('filters     actor_id="test"')
    expect(all).toContain(`exported    by ${auditor.staff_id} at `)
    expect(code).toBe(0)
  })

  it('with the key that is in it, which it says', async () => {
    const { code, all } = await verify(written(files.csv as Buffer), {})
    expect(code).toBe(0)
    expect(all).toContain('(from the export itself: compare it)')
  })

  it('and accepts the folder that it was unpacked into', async () => {
    const path = place()
    mkdirSync(path)
    for (const [name, bytes] of unpack(files.json as Buffer)) writeFileSync(join(path, name), bytes)
    expect(await verify(path)).toMatchObject({ code: 0, all: expect.stringContaining('unpacked') })
    const entries = readFileSync(join(path, 'entries.ndjson'))
    writeFileSync(join(path, 'entries.ndjson'), entries.subarray(0, entries.lastIndexOf('\n', entries.length - 2) + 1))
    expect((await verify(path)).code).toBe(1)
  })

  it('AU-13 with promises: it redeems those of its own entries, and says of the others that it has a part of the log', async () => {
    const [line = ''] = (unpack(files.csv as Buffer).get('entries.ndjson') as Buffer).toString('utf8').split('\n')
    const { id, occurred_at, ...entry } = JSON.parse(line).entry
    const key = logKeyOf(rig.database.keys, parseVerifierKey(sha256, vkey).name)
    const noteOf = (leaf: Uint8Array): string => {
      const entries = [{ id, occurred_at, leaf }]
      return signPromise({ origin: key.origin, due: dueOf(entries), entries }, promiseSignerOf(sha256, key.verifier, key.signer))
    }
    const path = written(files.csv as Buffer)
    const promises = place()
    writeFileSync(promises, noteOf(leafOf(sha256, { id, occurred_at, ...entry })))
    expect(await verify(path, { promises })).toMatchObject({
      code: 0,
      all: expect.stringMatching(/promises +1 redeemed, 0 not due, 0 broken/),
    })
    writeFileSync(promises, noteOf(sha256(Buffer.from('elsewhere'))))
    const { code, all } = await verify(path, { promises })
    expect([code, all]).toEqual([2, expect.stringContaining(`not here    ${id}: an export has a part of the log only`)])
    expect(all).not.toContain('BROKEN')
  })

  it('and refuses it with any one byte changed', async () => {
    const bytes = files.csv as Buffer
    const path = place()
    const step = Math.max(1, Math.floor(bytes.length / share(600)))
    for (let at = 0; at < bytes.length; at += step) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] as number) ^ (1 << (at % 8))
      writeFileSync(path, changed)
      expect((await verify(path)).code, `byte ${at} of ${bytes.length}`).toBe(1)
    }
  })

  const csvLine = /"TENANT\.OPENED"/
  it.each<[string, (unpacked: Map<string, Buffer>) => void, RegExp]>([
    ['one event less', editLines('entries.ndjson', (lines) => lines.toSpliced(5, 1)), /does NOT verify/],
    [
      'one event less, also among the events',
      (all) => {
        editLines('entries.ndjson', (lines) => lines.toSpliced(5, 1))(all)
        editLines('events.ndjson', (lines) => lines.toSpliced(5, 1))(all)
      },
      /the log has on record that there are 337|does not lead past here/,
    ],
    ['the last event less', editLines('entries.ndjson', (lines) => lines.toSpliced(-2, 1)), /does NOT verify/],
    [
      'one event moved',
      editLines('entries.ndjson', (lines) => lines.with(5, lines[6] as string).with(6, lines[5] as string)),
      /not in its place|does not lead/,
    ],
    [
      'one event moved, also among the events',
      (all) => {
        for (const name of ['entries.ndjson', 'events.ndjson'])
          editLines(name, (lines) => lines.with(5, lines[6] as string).with(6, lines[5] as string))(all)
      },
      /not in its place|does not lead/,
    ],
    [
      'a value changed among the events',
      editLines('events.ndjson', (lines) => lines.with(5, (lines[5] as string).replace('number', 'numbre'))),
      /is not what follows from the entry/,
    ],
    ['an event put in twice', editLines('entries.ndjson', (lines) => lines.toSpliced(5, 0, lines[5] as string)), /not in its place/],
    [
      'a disclosure of another event',
      editLines('entries.ndjson', (lines) => {
        const of = (line: string) => /"disclosures":(\[[^\]]*\])/.exec(line)?.[1] as string
        return lines.with(5, (lines[5] as string).replace(of(lines[5] as string), of(lines[6] as string)))
      }),
      /belongs to another entry|is not the one that the entry commits to/,
    ],
    [
      'an entry in another spelling',
      editLines('entries.ndjson', (lines) => lines.with(5, (lines[5] as string).replace(':', ': '))),
      /not in the canonical form/,
    ],
    [
      'an event added at the end',
      (all) => all.set('events.ndjson', Buffer.concat([all.get('events.ndjson') as Buffer, Buffer.from('{}\n')])),
      /goes on after its end/,
    ],
    ['a proof cut short', editLines('proof.txt', (lines) => lines.slice(0, -2).concat('')), /proof/],
    [
      'a changed proof',
      editLines('proof.txt', (lines) => lines.with(0, (lines[0] as string).replace(/[A-Z]/, 'z'))),
      /lead to the expected root|proof/,
    ],
    ['a checkpoint of a larger log', editLines('checkpoint', (lines) => lines.with(1, String(Number(lines[1]) + 1))), /cannot be trusted/],
    [
      'another filter in its manifest',
      editLines('manifest.json', (lines) => lines.with(0, (lines[0] as string).replace('ndjson', 'csv'))),
      /does NOT verify|cannot be trusted/,
    ],
    ['a README with other words', (all) => all.set('README.txt', Buffer.from('all is well')), /not what the log has on record/],
    ['another file in it', (all) => all.set('entries.ndjson.exe', Buffer.from('')), /does not have the files of an export/],
  ])('and refuses it with %s', async (_, change, said) => {
    expect(csvLine.test((unpack(files.csv as Buffer).get('events.csv') as Buffer).toString())).toBe(true)
    const { code, all } = await verify(forged('ndjson', change))
    expect(all).toMatch(said)
    expect(code).toBe(1)
  })

  it('and refuses an export whose own event is that of another one', async () => {
    const other = unpack(await fileOf(auditor, await prepared(auditor, { filters: { actor_id: 'other' } })))
    const { code } = await verify(forged('ndjson', (all) => all.set('manifest.json', other.get('manifest.json') as Buffer)))
    expect(code).toBe(1)
  })

  it('and refuses another key than the log’s, and what is no export at all', async () => {
    const other = vkey.replace(/^[^+]+/, 'other.example/log')
    await expect(verify(written(files.csv as Buffer), { vkey: other })).rejects.toMatchObject({
      message: expect.stringContaining('not a verifier key'),
    })
    expect(await verify(written(Buffer.from('nothing')))).toMatchObject({ code: 1, first: expect.stringContaining('malformed_export') })
    expect(await verify(written(Buffer.alloc(100_000)))).toMatchObject({ code: 1, first: expect.stringContaining('malformed_export') })
  })

  it('and says of a checkpoint that was kept what an export can say of it', async () => {
    const kept = place()
    writeFileSync(kept, unpack(files.csv as Buffer).get('checkpoint') as Buffer)
    expect((await verify(written(files.csv as Buffer), { vkey, checkpoint: kept })).code).toBe(0)
    await expect(verify(written(files.ndjson as Buffer), { vkey, checkpoint: kept })).rejects.toMatchObject({ name: 'Trouble' })
  })
})

describe('A44 what an export holds', () => {
  it('is what matched, oldest first, in each format', async () => {
    const rows = (unpack(files.ndjson as Buffer).get('events.ndjson') as Buffer)
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows).toHaveLength(337)
    expect(rows.every(({ actor }) => actor.id === 'test')).toBe(true)
    const indexes = rows.map(({ log_index }) => log_index)
    expect(indexes).toEqual([...indexes].sort((a, b) => a - b))
    expect(JSON.parse((unpack(files.json as Buffer).get('events.json') as Buffer).toString())).toEqual(rows)
    const csv = (unpack(files.csv as Buffer).get('events.csv') as Buffer).toString()
    expect(csv.match(/^\d+,"20/gm)).toHaveLength(337)
    expect(csv.split('\r\n')[0]).toMatch(/^"log_index","occurred_at","action"/)
    const served = await (await auditor.get('/api/audit?actor_id=test&limit=1')).json()
    expect(rows.at(-1)).toEqual(served.items[0])
  })
})
