import type { Frame } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededPassword } from '../../examples/acme/src/seed/people.ts'
import { signIn } from '../acme/rig.ts'
import { type Chromium, openChromium } from '../support/chromium.ts'
import { fillFolder, newFolder } from '../support/embedded.ts'
import { signInAs } from '../support/person.ts'
import { type Program, startProgram } from '../support/program.ts'
import { stepIn } from '../support/step-in.ts'

const dataDir = newFolder()
let program: Program
let browser: Chromium
let frame: Frame
/** Eve's own sign-in at the product. */
let cookie: string

const onEve = { target_user_id: 'usr_eve_globex', ttl_minutes: 15 }
const open = (how: { target_user_id?: string; ttl_minutes?: number; scopes?: string[] } = onEve) =>
  browser.page.evaluate(
    async (asked) => {
      const answer = await fetch('/api/sessions', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(asked),
      })
      if (answer.status !== 201) throw new Error(await answer.text())
      return ((await answer.json()) as { session: { id: string } }).session.id
    },
    { tenant_id: 'ten_globex', reason: 'Cannot find an attestation', ticket: 'SUP-4831', ...how },
  )

type List = { items: { id: string; note: string | null; read_at: string | null }[] }
const asEve = async (path: string) => (await (await fetch(program.example + path, { headers: { cookie } })).json()) as List

beforeAll(async () => {
  await fillFolder(dataDir.path)
  program = await startProgram(dataDir.path, { ACME_TRAFFIC: '0' })
  browser = await openChromium()
  browser.page.setDefaultTimeout(20_000)
  cookie = await signIn(program.example, 'eve@globex.example', seededPassword)
  await signInAs(browser.page, program.console, 'rob')
  frame = await stepIn(browser.page, program.console, await open(), '/', '/dashboard')
})
afterAll(async () => {
  await browser?.close()
  await program?.stop()
  dataDir.remove()
})

const heading = (name: string) => frame.getByRole('heading', { level: 1, name }).waitFor()
const to = (name: string) => frame.getByRole('link', { name, exact: true }).click()

describe("a product's pages in a view, with what real ones do", () => {
  it('leads from its front door to the dashboard: figures, chart, events, who is here', async () => {
    await heading('Dashboard')
    await frame.getByText('sees this as Eve Rourke does').waitFor()
    await frame.locator('#chart rect').first().waitFor({ state: 'attached' })
    await frame.locator('#feed li').first().waitFor()
    await frame.getByText('Live', { exact: true }).waitFor()
    await frame.getByText('Only you are here').waitFor()
  })

  it('filters by pushState, scrolls on, and loads pictures when they are seen', async () => {
    await to('Attestations')
    await heading('Attestations')
    await to('revoked')
    await frame.waitForURL(/status=revoked/)
    await frame.locator('[data-swap][aria-current]', { hasText: 'revoked' }).waitFor()
    await to('All')
    await frame.locator('[data-swap][aria-current]', { hasText: 'All' }).waitFor()
    const rows = frame.locator('tbody tr')
    await expect.poll(() => rows.count()).toBe(50)
    await rows.last().scrollIntoViewIfNeeded()
    await expect.poll(() => rows.count()).toBeGreaterThan(50)
    await to('Members')
    await frame.locator('.people img[src]').first().waitFor()
  })

  it('S13 refuses a script in words, and changes nothing', async () => {
    const path = '/v1/attestations?status=valid&limit=1'
    const before = await asEve(path)
    await frame.evaluate((to) => location.assign(to), `/attestations/${before.items[0]?.id}`)
    await frame.getByLabel('Why').fill('by support')
    await frame.getByRole('button', { name: 'Revoke' }).click()
    await frame.getByRole('alert').filter({ hasText: /./ }).waitFor()
    await browser.page.getByText('The page tried to revoke an attestation').first().waitFor()
    expect(await asEve(path)).toEqual(before)
  })

  it('S13 refuses a form in words, and changes nothing', async () => {
    const before = await asEve('/v1/attestations?limit=50')
    await frame.getByLabel('For Globex alone').fill('by support')
    await frame.getByRole('button', { name: 'Save' }).click()
    await frame.getByText('attestations:write').first().waitFor()

    await browser.page.getByText('The page tried to save the note on an attestation').first().waitFor()
    expect(await asEve('/v1/attestations?limit=50')).toEqual(before)
  })

  it('saves where the session may, as support and with a redirect', async () => {
    const one = (await asEve('/v1/attestations?limit=1')).items[0]
    frame = await stepIn(
      browser.page,
      program.console,
      await open({ scopes: ['attestations:read', 'attestations:write'] }),
      `/attestations/${one?.id}`,
    )
    await frame.getByLabel('For Globex alone').fill('seen with the customer')
    await frame.getByRole('button', { name: 'Save' }).click()
    await expect.poll(async () => (await asEve('/v1/attestations?limit=1')).items[0]?.note).toBe('seen with the customer')
    await frame.waitForURL(/\/attestations\/att_/)
    await expect.poll(() => frame.getByLabel('For Globex alone').inputValue()).toBe('seen with the customer')
    expect(browser.complaints).toEqual([])
  })
})
