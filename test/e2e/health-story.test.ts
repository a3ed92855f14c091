import type { Overview } from '@countersign/contract/health.ts'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { signIn } from '../support/browser.ts'
import type { Chromium } from '../support/chromium.ts'
import { fillFolder, newFolder } from '../support/embedded.ts'
import { rowsOf, settle, signInAs } from '../support/person.ts'
import { openProfile } from '../support/profile.ts'
import { type Program, startProgram } from '../support/program.ts'

/*
 * The whole program with its example product, whose page for developers has switches that stop a tenant's traffic or raise its
 * errors. What they do is seen in the console without a reload.
 */

const dataDir = newFolder()
let program: Program
let browser: Chromium
let acme: Page

beforeAll(async () => {
  await fillFolder(dataDir.path)
  program = await startProgram(dataDir.path, { ACME_TRAFFIC: '0', ACME_MADE_UP: '1' })
  browser = await openProfile()
  acme = await browser.context.newPage()
  await acme.goto(`${program.example}/dev`)
  await signInAs(browser.page, program.console, 'rob')
})
afterAll(async () => {
  await browser?.close()
  await program?.stop()
  dataDir.remove()
})

const critical = async (): Promise<number> => {
  const card = browser.page.getByRole('main').getByRole('button', { name: /^critical/i })
  return Number((await card.first().innerText()).replaceAll(/\D/g, ''))
}
/** What the row of a tenant says; empty where it is not among the first. */
const said = async (name: string): Promise<string> => {
  const row = rowsOf(browser.page, 'Tenants').filter({ has: browser.page.getByRole('link', { name, exact: true }) })
  return (await row.count()) === 0 ? '' : await row.first().innerText()
}
const flip = (name: string, act: RegExp) => acme.getByRole('row').filter({ hasText: name }).getByRole('button', { name: act }).click()
const soon = { timeout: 15_000, interval: 100 }

it('C14 C17 C18 a tenant whose traffic stops, or whose errors rise, turns critical within 15 seconds, and well again', {
  timeout: 120_000,
}, async () => {
  const { page } = browser
  const rob = await signIn(program.console, 'rob')
  const overview = async (): Promise<Overview> =>
    (await (await rob.get('/api/overview?health=healthy&sort=calls&order=asc')).json()) as Overview
  const calm = await vi.waitFor(
    async () => {
      const found = (await overview()).items.find(({ traffic }) => traffic.calls_24h > 100)
      if (!found) throw new Error('no tenant is healthy yet')
      return found.tenant.name
    },
    { timeout: 60_000, interval: 500 },
  )
  await page.goto(`${program.console}/tenants`)
  await settle(page)
  await page.evaluate(() => Object.assign(window, { isSamePage: true }))
  await page.mouse.move(5, 300)
  await page.getByText('streaming').waitFor()
  const before = await critical()
  expect(await said(calm)).not.toContain('critical')
  for (const [raise, cause, calmDown] of [
    [/^Stop/, /critical[\s\S]*no call for/, /^Resume/],
    [/^Raise/, /critical[\s\S]*error rate/, /^Calm/],
  ] as const) {
    await flip(calm, raise)
    await vi.waitFor(async () => {
      expect(await said(calm)).toMatch(cause)
      expect(await critical()).toBe(before + 1)
    }, soon)
    await flip(calm, calmDown)
    await vi.waitFor(async () => {
      expect(await said(calm)).not.toContain('critical')
      expect(await critical()).toBe(before)
    }, soon)
  }
  expect(await page.evaluate(() => 'isSamePage' in window)).toBe(true)
  expect(browser.complaints).toEqual([])
})
