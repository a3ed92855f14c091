import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runEvidence } from '../../server/src/cli/evidence.ts'
import type { Opened } from '../../server/src/cli/open.ts'
import { runVerify } from '../../server/src/cli/verify.ts'
import { signIn } from '../support/browser.ts'
import { openProfile } from '../support/profile.ts'
import { type Rig, startRig } from '../support/rig.ts'

const run = promisify(execFile)
let rig: Rig
let folder = ''
let tenantId = ''
const said: string[] = []

const day = (ms: number): string => new Date(Date.now() + ms).toISOString().slice(0, 10)
const unpack = async (file: string, into: string): Promise<string> => {
  await run('python3', ['-m', 'zipfile', '-e', file, into])
  return into
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-evidence-'))
  rig = await startRig()
  tenantId = await rig.knownTenant()
  const rob = await signIn(rig.console_url, 'rob')
  for (const reason of ['Looking into a failed export', 'too short']) {
    const opened = await rob.send('POST', '/api/sessions', { tenant_id: tenantId, reason })
    if (opened.status !== 201) continue
    const { token } = (await opened.json()) as { token: string }
    for (const path of ['/v1/reports', '/v1/notifications/1'])
      await fetch(`${rig.gateway_url}${path}`, { headers: { authorization: `Bearer ${token}` } })
  }
  const { store, keys, journal } = rig.database
  const opened = { store, keys, journal, config: rig.config } as unknown as Opened
  await runEvidence(opened, { from: day(-86_400_000), to: day(2 * 86_400_000), out: join(folder, 'all.zip') }, (line) => said.push(line))
  await runEvidence(opened, { from: day(-86_400_000), to: day(2 * 86_400_000), tenant: tenantId, out: join(folder, 'one.zip') }, (line) =>
    said.push(line),
  )
  await unpack(join(folder, 'all.zip'), join(folder, 'all'))
  await unpack(join(folder, 'one.zip'), join(folder, 'one'))
})
afterAll(async () => {
  await rig?.close()
  rmSync(folder, { recursive: true, force: true })
})

const read = (path: string): string => readFileSync(join(folder, path), 'utf8')
const eventsOf = (pack: string) =>
  read(`${pack}/log/events.ndjson`)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { action: string; result: string; log_index: number; tenant_id?: string })

/** Runs the verifier of a pack in a copy of it that was changed. */
const verifyChanged = async (change: (copy: string) => void): Promise<string> => {
  const copy = mkdtempSync(join(folder, 'copy-'))
  await unpack(join(folder, 'all.zip'), copy)
  change(copy)
  return await run(process.execPath, [join(copy, 'verify.mjs')]).then(
    ({ stdout }) => stdout,
    (error: { stdout: string; code: number }) => `${error.code} ${error.stdout}`,
  )
}

describe('M18 the evidence pack', () => {
  it('has all events of the time, approvals, denials, a receipt of each session, the proof, the page and the verifier', () => {
    expect(readdirSync(join(folder, 'all')).sort()).toEqual([
      'approvals.json',
      'denials.json',
      'log',
      'sessions.json',
      'summary.html',
      'verify.mjs',
    ])
    const events = eventsOf('all')
    expect(events.map(({ log_index }) => log_index)).toEqual(events.map((_, at) => at))
    const denials = JSON.parse(read('all/denials.json')) as { action: string }[]
    expect(denials).toHaveLength(events.filter(({ result }) => result === 'deny').length)
    expect(denials.map(({ action }) => action)).toContain('SUPPORT_SESSION.REQUEST.REFUSED')
    expect(JSON.parse(read('all/sessions.json'))).toMatchObject([
      { tenant_id: tenantId, totals: { requests: 2, completed: 1, refused: 1 }, reason: 'Looking into a failed export' },
    ])
    expect(said[0]).toMatch(/^\d+ events, 0 approvals, \d+ denials and 1 sessions are in /)
  })

  it('that it was made is on the record', async () => {
    const { rows } = await rig.database.store.pool.query(
      "select body from events where body like '%AUDIT.EXPORTED%' and body like '%operator%'",
    )
    expect(rows).toHaveLength(2)
  })

  it('of one tenant has what concerns it, and nothing of any other', () => {
    const events = eventsOf('one')
    expect(events.length).toBeGreaterThan(3)
    expect(new Set(events.map(({ tenant_id }) => tenant_id))).toEqual(new Set([tenantId]))
  })

  it('its own verifier runs from inside it, with Node alone and nothing installed', async () => {
    expect(await verifyChanged(() => {})).toMatch(/^The evidence verifies\.\n {2}\d+ events checked, each in its place/)
  })

  it('countersign verify takes its folder too', async () => {
    const lines: string[] = []
    expect(await runVerify({ source: { folder: join(folder, 'all', 'log') }, print: (line) => lines.push(line) })).toBe(0)
    expect(lines.join('\n')).toContain('verifies')
  })

  const changes: Record<string, [(text: string) => string, file: string, told: RegExp]> = {
    'a word changed': [(text) => text.replace('"result":"deny"', '"result":"ok"'), 'entries.ndjson', /do not lead to the root|not the one/],
    'an event left out': [
      (text) =>
        text
          .split('\n')
          .filter((_, at) => at !== 2)
          .join('\n'),
      'entries.ndjson',
      /proof ends before|does NOT verify/,
    ],
    'two events exchanged': [
      (text) =>
        text
          .split('\n')
          .map((line, at, all) => (at === 1 ? all[2] : at === 2 ? all[1] : line))
          .join('\n'),
      'entries.ndjson',
      /does NOT verify/,
    ],
    'the checkpoint cut': [(text) => text.slice(0, -20), 'checkpoint', /does NOT verify/],
    'another key': [() => 'test+00000000+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n', 'log.vkey', /does NOT verify/],
  }
  it.each(Object.entries(changes))('is told: %s', async (_, [change, file, told]) => {
    const verdict = await verifyChanged((copy) =>
      writeFileSync(join(copy, 'log', file), change(readFileSync(join(copy, 'log', file), 'utf8'))),
    )
    expect(verdict).toMatch(/^1 The evidence does NOT verify/)
    expect(verdict).toMatch(told)
  })

  it('its page opens without a network, says the numbers of the log, and verifies in the browser', async () => {
    const browser = await openProfile()
    const { page } = browser
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await page.context().setOffline(true)
    await page.goto(pathToFileURL(join(folder, 'all', 'summary.html')).href)
    const numberOf = async (what: string | RegExp) =>
      Number((await page.getByRole('row', { name: what }).getByRole('cell').nth(1).innerText()).replaceAll(',', ''))
    const events = eventsOf('all')
    expect(await numberOf(/^Sign-ins \d/)).toBe(
      events.filter(({ action, result }) => action === 'AUTH.SIGNED_IN' && result === 'ok').length,
    )
    expect(await numberOf('Requests refused in a session')).toBe(
      events.filter(({ action }) => action === 'SUPPORT_SESSION.REQUEST.REFUSED').length,
    )
    expect(await numberOf(/^Opened \d/)).toBe(1)
    const files = readdirSync(join(folder, 'all', 'log')).map((name) => join(folder, 'all', 'log', name))
    await page.getByLabel('Files of the folder log').setInputFiles(files)
    await page.getByText('The evidence verifies.').waitFor()
    await page.getByLabel('The key that you trust').fill('test+00000000+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')
    await page.getByLabel('The key that you trust').blur()
    await page.getByText('The evidence does NOT verify.').waitFor()
    expect(asked.filter((url) => !url.startsWith('file:'))).toEqual([])
    expect(browser.complaints).toEqual([])
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/evidence.png`, fullPage: true })
    await browser.close()
  })

  it('nothing is overwritten, and times are checked', async () => {
    const opened = { ...rig.database, config: rig.config } as unknown as Opened
    await expect(runEvidence(opened, { from: day(0), to: day(86_400_000), out: join(folder, 'all.zip') }, () => {})).rejects.toThrow(
      'already exists',
    )
    await expect(runEvidence(opened, { from: day(0), to: day(0), out: join(folder, 'x.zip') }, () => {})).rejects.toThrow(
      '--from is not before --to',
    )
    await expect(runEvidence(opened, { from: 'today', to: day(0), out: join(folder, 'x.zip') }, () => {})).rejects.toThrow(
      'is not an instant',
    )
    expect(readdirSync(folder).filter((name) => name.startsWith('.evidence'))).toEqual([])
  })
})
