import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Chromium } from '../support/chromium.ts'
import { newFolder } from '../support/embedded.ts'
import { rowsOf } from '../support/person.ts'
import { openProfile } from '../support/profile.ts'
import { type Program, runCommand, startProgram } from '../support/program.ts'
import { until } from '../support/until.ts'

const dataDir = newFolder()
const environment = { COUNTERSIGN_DATA_DIR: dataDir.path }
let program: Program
let browser: Chromium

beforeAll(async () => {
  program = await startProgram(dataDir.path, { ACME_TRAFFIC: '0' })
  browser = await openProfile()
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await program?.stop()
  dataDir.remove()
})

type Item = { action: string; session_id?: string; actor: { email?: string }; occurred_at: string; result: string }

describe('the story of a support session, in the whole program and a real browser', () => {
  let sessionId = ''
  let token = ''
  let apiKey = ''
  let userId = ''
  const checkpoint = join(dataDir.path, 'earlier-checkpoint')
  const keyFile = join(dataDir.path, 'api-key')

  const callGateway = (method: string, path: string) =>
    fetch(`${program.gateway}${path}`, { method, headers: { authorization: `Bearer ${token}` } })
  const tenantEvents = async (): Promise<Item[]> => {
    const response = await fetch(`${program.console}/v1/audit?category=support_session&limit=200`, { headers: { 'x-api-key': apiKey } })
    expect(response.status).toBe(200)
    return ((await response.json()) as { items: Item[] }).items
  }

  it('signs a support admin in with one click (C1)', async () => {
    const { page } = browser
    await page.goto(program.console)
    await page.getByRole('link', { name: /rob@vendor\.example/ }).click()
    await page.waitForURL(`${program.console}/tenants`)
    await page.getByText('Local sign-in and example data: not for production').waitFor()
  })

  it('finds a user of a real product and opens the pane, which is an event (A2, A7, A8, A11–A18)', async () => {
    const { page } = browser
    await page.getByRole('link', { name: 'Users' }).first().click()
    await page.getByRole('heading', { name: 'Users', level: 1 }).waitFor()
    await page.getByRole('searchbox').last().fill('eve@glob')
    await page.getByRole('link', { name: /eve@globex\.example/ }).click()
    await page.getByRole('heading', { name: /eve@globex\.example/ }).waitFor()
    userId = new URL(page.url()).pathname.split('/').at(-1) as string
    await page.getByText('read-only by default', { exact: false }).first().waitFor()
    for (const text of ['Globex', 'Passkey', 'rob@vendor.example']) await page.getByText(text, { exact: false }).first().waitFor()
  })

  it('finds the tenant and creates a read-only session with a reason (C23, C30–C33, S5)', async () => {
    const { page } = browser
    await page.getByRole('link', { name: 'Tenants' }).first().click()
    await page.getByRole('heading', { name: 'Tenants', level: 1 }).waitFor()
    await page.getByRole('searchbox').last().fill('globex')
    // A list that is still being filtered moves away from under the pointer.
    await expect.poll(() => rowsOf(page, 'Tenants').count()).toBe(1)
    await page.getByRole('link', { name: 'Globex', exact: true }).first().click()
    await page.getByRole('heading', { name: 'Globex' }).waitFor()
    await page.getByRole('button', { name: 'Create Support Session' }).click()
    const dialog = page.getByRole('dialog')
    const create = dialog.getByRole('button', { name: 'Create Session' })
    await dialog.getByLabel('Reason').fill('too short')
    expect(await create.isDisabled()).toBe(true)
    await dialog.getByText('The reason needs').waitFor()
    await dialog.getByLabel('Reason').fill('Customer asks why an export came out empty')
    await dialog.getByText('will see this in its audit log').waitFor()
    await create.click()
    token = (await page.getByRole('dialog').locator('output').innerText()).trim()
    expect(token).toMatch(/^css_[A-Za-z0-9_-]{43}$/)
    await page.getByRole('link', { name: 'Open the session' }).click()
    await page.getByText('The token is not copied and cannot be shown again').waitFor()
    await page.getByRole('button', { name: 'Close without it' }).click()
    await page.waitForURL(/\/sessions\/ses_/)
    sessionId = new URL(page.url()).pathname.split('/').at(-1) as string
  })

  it('calls the product through the gateway and sees every request appear live, refused ones too (C40–C44, S4, S13, X10)', async () => {
    const { page } = browser
    // The list waits while somebody reads, which is where the pointer was left.
    await page.mouse.move(5, 300)
    await page.getByText('streaming', { exact: false }).first().waitFor()
    const read = await callGateway('GET', '/v1/attestations?limit=2')
    expect(read.status).toBe(200)
    expect(((await read.json()) as { items: unknown[] }).items).toHaveLength(2)
    const requestId = read.headers.get('x-request-id') as string
    expect(requestId).toMatch(/^req_[0-9a-f]{32}$/)
    const write = await callGateway('POST', '/v1/attestations')
    expect([write.status, ((await write.json()) as { code: string }).code]).toEqual([403, 'scope_missing'])
    const mutatingGet = await callGateway('GET', '/v1/notifications/ntf_1')
    expect([mutatingGet.status, ((await mutatingGet.json()) as { code: string }).code]).toEqual([403, 'scope_missing'])
    const sink = await callGateway('POST', '/v1/account/password')
    expect([sink.status, ((await sink.json()) as { code: string }).code]).toEqual([403, 'sink_blocked'])
    const table = page.getByRole('table', { name: 'Access Logs' })
    for (const path of ['/v1/attestations?limit=2', '/v1/notifications/ntf_1', '/v1/account/password'])
      await table.getByText(path, { exact: true }).waitFor()
    await table.getByText('scope_missing').first().waitFor()
    await table.getByText('sink_blocked').waitFor()
  })

  it('shows the tenant its own view at GET /v1/audit?category=support_session (S10–S12, X3)', async () => {
    const created = await runCommand(['keys', 'create', '--tenant', 'ten_globex', '--name', 'Globex security', '--json'], environment)
    expect(created.code).toBe(0)
    apiKey = (JSON.parse(created.stdout) as { key: string }).key
    expect(apiKey).toMatch(/^cs_live_/)
    writeFileSync(keyFile, apiKey, { mode: 0o600 })
    const items = await tenantEvents()
    for (const item of items) expect(item).toMatchObject({ occurred_at: expect.any(String), actor: { email: 'rob@vendor.example' } })
    const actions = items.filter((item) => item.session_id === sessionId).map((item) => item.action)
    for (const action of ['SUPPORT_SESSION.CREATED', 'SUPPORT_SESSION.REQUEST.ADMITTED', 'SUPPORT_SESSION.REQUEST.COMPLETED']) {
      expect(actions.filter((one) => one === action)).toHaveLength(1)
    }
    expect(actions.filter((action) => action === 'SUPPORT_SESSION.REQUEST.REFUSED')).toHaveLength(3)
  })

  it('verifies the log: the running server, the database, and an export, against an earlier checkpoint (M2)', async () => {
    writeFileSync(checkpoint, await (await fetch(`${program.console}/log/checkpoint`)).text())
    const running = await runCommand(['verify', program.console, '--checkpoint', checkpoint, '--key-file', keyFile], environment)
    expect([running.code, running.stdout]).toEqual([0, expect.stringContaining('verifies.')])
    const database = await runCommand(['verify', '--checkpoint', checkpoint], environment)
    expect([database.code, database.stdout]).toEqual([0, expect.stringContaining('verifies.')])
    const folder = join(dataDir.path, 'export')
    expect((await runCommand(['export', folder], environment)).code).toBe(0)
    const exported = await runCommand(['verify', folder, '--checkpoint', checkpoint], environment)
    expect([exported.code, exported.stdout]).toEqual([0, expect.stringContaining('verifies.')])
    rmSync(folder, { recursive: true })
  })

  it('revokes the session: the next request is refused, and the page says so (S15, C45)', async () => {
    const { page } = browser
    await page.getByRole('button', { name: 'Revoke Session' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke Session' }).click()
    await page.mouse.move(5, 300)
    await page.getByText('REVOKED').first().waitFor()
    const refused = await callGateway('GET', '/v1/attestations')
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([403, 'session_revoked'])
    await page.getByText('session_revoked').first().waitFor()
  })

  it('shows it all in the audit page, newest first, with filters in the address (A28–A34)', async () => {
    const { page } = browser
    await page.getByRole('link', { name: 'Audit' }).first().click()
    await page.waitForURL(`${program.console}/audit*`)
    await page.getByRole('table', { name: 'Events' }).waitFor()
    const headers = await page.getByRole('table', { name: 'Events' }).getByRole('columnheader').allInnerTexts()
    expect(headers.map((text) => text.trim().toLowerCase()).slice(0, 6)).toEqual(['time', 'admin', 'event', 'target', 'note', 'result'])
    await page.goto(`${program.console}/audit?action=SUPPORT_SESSION.REVOKED`)
    await page.getByText('SUPPORT_SESSION.REVOKED').last().waitFor()
    expect(await page.getByText('SUPPORT_SESSION.CREATED').count()).toBe(0)
  })

  it('erases what is said of the user: the page says so, and server and database verify as before (M3)', async () => {
    const { page } = browser
    const why = ['--why', 'The person asked for it', '--yes']
    const erased = await runCommand(['erase', '--user', userId, ...why], environment)
    expect([erased.code, erased.stdout]).toEqual([0, expect.stringMatching(/CONSOLE\.OPENED +target\.label +1 /)])
    await page.goto(`${program.console}/audit?action=CONSOLE.OPENED`)
    await page.getByRole('table', { name: 'Events' }).getByText('CONSOLE.OPENED').first().click()
    await page.getByText(/Erased on .* by/).waitFor()
    await page.getByRole('listitem').getByText('target.label').waitFor()
    expect(await page.getByText('eve@globex.example').count()).toBe(0)
    // What accounts for it is proven by the next checkpoint, within a second or two.
    const running = await until(async () => {
      const run = await runCommand(['verify', program.console, '--checkpoint', checkpoint, '--key-file', keyFile], environment)
      return run.stdout.includes('missing') ? undefined : run
    })
    expect([running.code, running.stdout]).toEqual([0, expect.stringMatching(/values +\d+ checked, \d+ erased/)])
    const database = await runCommand(['verify', '--checkpoint', checkpoint], environment)
    expect([database.code, database.stdout]).toEqual([0, expect.stringMatching(/values +\d+ checked, \d+ erased/)])
    expect(`${running.stdout}${database.stdout}`).not.toContain('missing')
  })

  it('survives kill -9: it starts again on the same data within seconds, and the log still verifies', async () => {
    await program.kill()
    program = await startProgram(dataDir.path, { ACME_TRAFFIC: '0' })
    const verified = await runCommand(['verify', '--checkpoint', checkpoint], environment)
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('verifies.')])
    expect((await tenantEvents()).some((item) => item.action === 'SUPPORT_SESSION.REVOKED' && item.session_id === sessionId)).toBe(true)
  })

  it('XS-1 nothing that the pages showed broke their policy or threw', () => {
    expect(browser.complaints).toEqual([])
  })
})
