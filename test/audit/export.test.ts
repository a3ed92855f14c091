import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runExport } from '../../server/src/cli/export.ts'
import { runVerify } from '../../server/src/cli/verify.ts'
import { logFiles } from '../../server/src/verify/folder.ts'
import { asSuperuser } from '../support/database.ts'
import { eventOf, newRig, numbers, type Rig } from './rig.ts'

let rig: Rig
let out: string
beforeAll(async () => {
  rig = await newRig()
  for (const from of [0, 300, 600]) {
    await rig.record(
      // The last entry of what is signed says what the log has of each tenant.
      ...numbers(299, from).map((n) =>
        eventOf(n, n === 7 ? { target: { kind: 'tenant', id: 'Zoë\u2028\u{1f600}', label: 'Zoë & Co' } } : {}),
      ),
    )
    await rig.sequencer.drain()
  }
  out = join(rig.dataDir, 'export')
  await runExport({ store: rig.store, journal: rig.journal, keys: rig.keys, out, operator: 'tester' })
})
afterAll(() => rig.close())

let copies = 0
/** A copy of the export in which one file was changed. */
const changed = (name: keyof typeof logFiles, change: (text: string) => string | Buffer): string => {
  copies += 1
  const folder = join(rig.dataDir, `copy-${copies}`)
  mkdirSync(folder)
  for (const file of readdirSync(out)) writeFileSync(join(folder, file), readFileSync(join(out, file)))
  const path = join(folder, logFiles[name])
  writeFileSync(path, change(readFileSync(path, name === 'leaves' ? 'latin1' : 'utf8')), name === 'leaves' ? 'latin1' : 'utf8')
  return folder
}
const verify = async (folder: string, more: { checkpoint?: string; vkey?: string } = {}) => {
  const lines: string[] = []
  const code = await runVerify({ source: { folder }, ...more, print: (line) => lines.push(line) })
  return { code, first: lines[0] ?? '', all: lines.join('\n') }
}
const editLine = (at: number, change: (line: string) => string) => (text: string) =>
  text
    .split('\n')
    .map((line, index) => (index === at ? change(line) : line))
    .join('\n')

describe('A44 M2 the export', () => {
  it('is on the log before it is written, under the name of who did it', async () => {
    await rig.sequencer.drain()
    const row = await rig.store.db
      .selectFrom('log_entries')
      .select(['actor_id', 'log_index'])
      .where('action', '=', 'AUDIT.EXPORTED')
      .executeTakeFirstOrThrow()
    expect(row).toEqual({ actor_id: 'tester', log_index: '900' })
  })

  it('holds every entry, signed, and verifies offline', async () => {
    expect(readdirSync(out).sort()).toEqual(Object.values(logFiles).sort())
    const lines = readFileSync(join(out, logFiles.entries), 'utf8').split('\n')
    expect(lines).toHaveLength(901)
    const { code, all } = await verify(out, { vkey: rig.sequencer.key.text })
    expect(code).toBe(0)
    expect(all).toMatch(
      /size {8}900\n {2}root {8}\S{44}\n {2}checkpoints 4\n {2}entries {5}900 checked\n {2}values {6}1 checked\n {2}key {9}SHA256:\S{43}\n {2}took/,
    )
    expect((await verify(out, { checkpoint: join(out, logFiles.checkpoint) })).code).toBe(0)
  })

  it.each<[string, () => string, string]>([
    [
      'an edited entry',
      () =>
        changed(
          'entries',
          editLine(321, (line) => line.replace('321', '322')),
        ),
      'First: entry 321: It is not the entry whose hash',
    ],
    [
      'an entry in another spelling',
      () =>
        changed(
          'entries',
          editLine(321, (line) => line.replace(',', ', ')),
        ),
      'First: entry 321: It is not a JSON value in canonical form',
    ],
    ['a deleted line', () => changed('entries', (text) => text.split('\n').toSpliced(321, 1).join('\n')), 'First: entry 321:'],
    [
      'two swapped lines',
      () =>
        changed('entries', (text) => {
          const lines = text.split('\n')
          return lines
            .with(321, lines[322] as string)
            .with(322, lines[321] as string)
            .join('\n')
        }),
      'First: entry 321:',
    ],
    ['a line put in', () => changed('entries', (text) => text.split('\n').toSpliced(321, 0, '{}').join('\n')), 'First: entry 321:'],
    ['a line put at the end', () => changed('entries', (text) => `${text}{}\n`), 'First: entry 900: There are 901 entries'],
    [
      'the end cut off',
      () => changed('entries', (text) => `${text.split('\n').slice(0, 890).join('\n')}\n`),
      'First: entries 890 to 899: There are 890 entries',
    ],
    [
      'a changed leaf hash',
      () => changed('leaves', (text) => `x${text.slice(1)}`),
      'First: entry 0: The stored hash is not that of the entry',
    ],
    ['a changed root', () => changed('checkpoint', (text) => text.replace('\n900\n', '\n901\n')), 'cannot be trusted'],
    ['a checkpoint that is none', () => changed('checkpoint', () => 'nothing'), 'cannot be trusted: The bytes are not a signed note'],
    [
      'a forged earlier checkpoint',
      () => changed('checkpoints', (text) => text.replace('\\n300\\n', '\\n301\\n')),
      'is not to be believed',
    ],
    ...['x', 'null', '{}', '{"note":7}', '[]', ''].map((line): [string, () => string, string] => [
      `a line ${JSON.stringify(line)} that is not a checkpoint`,
      () => changed('checkpoints', (text) => `${text}${line}\n`),
      'cannot be trusted: The bytes are not a signed note. Line 4 of ',
    ]),
    ...['null', '[', '', '\u0000', '\ufeff{}'].map((line): [string, () => string, string] => [
      `an entry ${JSON.stringify(line)}`,
      () =>
        changed(
          'entries',
          editLine(321, () => line),
        ),
      'First: entry 321: ',
    ]),
    ['another key', () => changed('key', (text) => text.replace('+', '+0').replace(/0(.{7})./, '$1')), 'cannot be trusted'],
  ])('with %s does not verify', async (_name, make, message) => {
    const { code, first } = await verify(make())
    expect(first).toContain(message)
    expect(code).toBe(1)
  })

  const savings: [string, (text: string) => Buffer][] = [
    ['in UTF-16 with a mark', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['in UTF-16 without one', (text) => Buffer.from(text, 'utf16le')],
    ['in UTF-16, the other way round', (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
    ['with a mark of UTF-8', (text) => Buffer.from(`\ufeff${text}`)],
    ['in the code page of Windows', (text) => Buffer.from(text.replaceAll('\u2014', '\u0097'), 'latin1')],
    ['with the ends of lines of Windows', (text) => Buffer.from(text.replaceAll('\n', '\r\n'))],
    ['without an end of its last line', (text) => Buffer.from(text.trimEnd())],
    ['with empty lines around it', (text) => Buffer.from(`\n\n${text}\n\n`)],
  ]
  it.each(savings)('verifies a checkpoint that was saved %s, and itself so', async (_how, save) => {
    const kept = join(rig.dataDir, 'kept')
    writeFileSync(kept, save(readFileSync(join(out, logFiles.checkpoint), 'utf8')))
    expect(await verify(out, { checkpoint: kept })).toMatchObject({ code: 0 })
    expect(await verify(changed('checkpoint', save))).toMatchObject({ code: 0 })
    expect(await verify(changed('key', save))).toMatchObject({ code: 0 })
  })

  it('verifies where a copy changed the ends of lines', async () => {
    for (const name of ['entries', 'checkpoints', 'disclosures'] as const)
      expect(await verify(changed(name, (text) => text.replaceAll('\n', '\r\n')))).toMatchObject({ code: 0 })
  })

  it('tells what is not a checkpoint, or of another log, from a log that was changed', async () => {
    const kept = join(rig.dataDir, 'kept')
    const text = readFileSync(join(out, logFiles.checkpoint), 'utf8')
    for (const other of ['', 'nothing', '<html>', text.split('\n\n')[0] as string, text.replace('\n900\n', '\nmany\n')]) {
      writeFileSync(kept, other)
      await expect(verify(out, { checkpoint: kept }), other).rejects.toThrow(`${kept} is not a checkpoint`)
    }
    writeFileSync(kept, text.replaceAll(rig.sequencer.key.verifier.name, 'elsewhere.example/log'))
    await expect(verify(out, { checkpoint: kept })).rejects.toThrow('is a checkpoint of elsewhere.example/log')
    await expect(verify(out, { vkey: 'nonsense' })).rejects.toThrow('--vkey is not a verifier key')
    writeFileSync(kept, text.replace('\n900\n', '\n901\n'))
    expect((await verify(out, { checkpoint: kept })).code).toBe(1)
  })

  it('is not believed by its own key where another was given', async () => {
    const other = await newRig()
    try {
      expect(await verify(out, { vkey: other.sequencer.key.text })).toMatchObject({
        code: 1,
        first: expect.stringContaining('No signature by a trusted key'),
      })
    } finally {
      await other.close()
    }
  })

  it('never writes over anything, and is not on the log then', async () => {
    const count = async () => (await asSuperuser(rig.superuserUrl, 'select from events')).length
    const before = await count()
    await expect(runExport({ store: rig.store, journal: rig.journal, keys: rig.keys, out })).rejects.toThrow('is not empty')
    const file = join(rig.dataDir, 'file')
    writeFileSync(file, 'x')
    await expect(runExport({ store: rig.store, journal: rig.journal, keys: rig.keys, out: file })).rejects.toThrow('cannot be used')
    expect(readFileSync(file, 'utf8')).toBe('x')
    expect(await count()).toBe(before)
  })

  it('leaves nothing behind when it fails half-way', async () => {
    const victim = await newRig()
    try {
      await victim.record(...numbers(10).map((n) => eventOf(n)))
      await victim.sequencer.drain()
      await asSuperuser(victim.superuserUrl, 'delete from events where n = 5')
      const folder = join(victim.dataDir, 'exports')
      await expect(
        runExport({ store: victim.store, journal: victim.journal, keys: victim.keys, out: join(folder, 'one') }),
      ).rejects.toThrow('Some entries from 0 on are missing')
      expect(existsSync(join(folder, 'one'))).toBe(false)
      expect(readdirSync(folder)).toEqual([])
    } finally {
      await victim.close()
    }
  })

  it('uses an empty folder that is there, and says where a log is still empty', async () => {
    const folder = join(rig.dataDir, 'empty')
    mkdirSync(folder)
    await runExport({ store: rig.store, journal: rig.journal, keys: rig.keys, out: folder })
    expect((await verify(folder)).code).toBe(0)
    const fresh = await newRig()
    try {
      await expect(
        runExport({ store: fresh.store, journal: fresh.journal, keys: fresh.keys, out: join(fresh.dataDir, 'x') }),
      ).rejects.toThrow('no checkpoint yet')
    } finally {
      await fresh.close()
    }
  })
})
