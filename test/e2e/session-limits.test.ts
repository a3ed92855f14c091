import { AxeBuilder } from '@axe-core/playwright'
import type { Session } from '@countersign/contract/sessions.ts'
import type { Tenant } from '@countersign/contract/tenants.ts'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signIn, type Visitor } from '../support/browser.ts'
import { type Chromium, openChromium } from '../support/chromium.ts'
import { fillFolder, newFolder } from '../support/embedded.ts'
import { signInAs } from '../support/person.ts'
import { type Program, startProgram } from '../support/program.ts'
import { until } from '../support/until.ts'

const dataDir = newFolder()
let program: Program
let chromium: Chromium
let page: Page
let api: Visitor
let tenant: Tenant

const open = async (ttl_minutes: number): Promise<Session> => {
  const answer = await api.send('POST', '/api/sessions', { tenant_id: tenant.id, reason: 'Looking into a failed export', ttl_minutes })
  return ((await answer.json()) as { session: Session }).session
}
const read = async ({ id }: Session) => (await (await api.get(`/api/sessions/${id}`)).json()) as Session

beforeAll(async () => {
  await fillFolder(dataDir.path)
  program = await startProgram(dataDir.path, { ACME_TRAFFIC: '0' })
  api = await signIn(program.console, 'rob')
  tenant = await until(async () => ((await (await api.get('/api/tenants')).json()) as { items: Tenant[] }).items[0])
  chromium = await openChromium()
  page = chromium.page
  await signInAs(page, program.console, 'rob')
})
afterAll(async () => {
  await chromium?.close()
  await program?.stop()
  dataDir.remove()
})

describe('the limits of a session in the console', () => {
  it('M16 warns two minutes before the end, extends by a reason, and shows both limits', async () => {
    const session = await open(1)
    await page.goto(`${program.console}/sessions/${session.id}`)
    await page
      .getByText(/Your support session on/)
      .first()
      .waitFor()
    await page.getByText('if nobody does anything').waitFor()
    await page.getByRole('button', { name: 'Extend' }).click()
    const dialog = page.getByRole('dialog', { name: 'Extend Session' })
    await dialog.getByText('reason missing').waitFor()
    expect(await dialog.getByRole('button', { name: 'Extend Session' }).isDisabled()).toBe(true)
    await dialog.getByLabel('Reason').fill('The export takes longer than I thought')
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
    expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([])
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/extend.png` })
    await dialog.getByRole('button', { name: 'Extend Session' }).click()
    await page.getByText('Session extended', { exact: true }).waitFor()
    expect(Date.parse((await read(session)).expires_at) - Date.parse(session.expires_at)).toBe(600_000)
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/running.png` })
  })

  it('A43 gives a session its ticket, and says what it came to when it is over', async () => {
    const session = await open(10)
    await page.goto(`${program.console}/sessions/${session.id}`)
    await page.getByRole('button', { name: 'Add a ticket' }).click()
    await page.getByLabel('Ticket', { exact: true }).fill('SUP-4831')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('link', { name: 'SUP-4831' }).waitFor()
    await api.send('POST', `/api/sessions/${session.id}/revocation`, {})
    await page.reload()
    await page.getByRole('heading', { name: 'Summary' }).waitFor()
    await page.getByText('ended by who opened it').first().waitFor()
    await page.getByText('0, of which 0 refused').waitFor()
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/over.png` })
  })

  it('M16 asks about open sessions at signing out, and ends them by default', async () => {
    const session = await open(10)
    await page.goto(`${program.console}/sessions`)
    await page
      .getByRole('link', { name: new RegExp(tenant.name) })
      .first()
      .waitFor()
    await page.getByRole('button', { name: /Account of/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    const dialog = page.getByRole('dialog', { name: 'Sign out' })
    await dialog.getByText(/support sessions? open/).waitFor()
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/sign-out.png` })
    await dialog.getByRole('button', { name: 'End them and sign out' }).click()
    await page.waitForURL(/sign-in/)
    expect(await read(session)).toMatchObject({ status: 'REVOKED', ended_by: 'signed_out' })
  })
})
