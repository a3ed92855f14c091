import type { EventPage } from '@countersign/contract/events.ts'
import type { LogHead } from '@countersign/contract/proofs.ts'
import type { Page, Route } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Chromium } from '../support/chromium.ts'
import { rowsOf, settle, signInAs } from '../support/person.ts'
import { openProfile } from '../support/profile.ts'
import { type Rig, startRig } from '../support/rig.ts'
import { until } from '../support/until.ts'

let rig: Rig
let browser: Chromium
let page: Page
let auditor: Awaited<ReturnType<Rig['visitorWith']>>

const head = async (): Promise<LogHead> => (await (await auditor.get('/api/audit/head')).json()) as LogHead
/** Events of ours, and the log signed beyond them. */
const grow = async (count: number): Promise<void> => {
  const { size } = await head()
  await rig.database.journal.recordAll(
    rig.database.store.db,
    Array.from({ length: count }, (_, n) => ({
      action: 'TENANT.OPENED' as const,
      result: 'ok' as const,
      actor: { kind: 'system' as const, id: 'test' },
      target: { kind: 'tenant' as const, id: 'ten_0001', label: `Customer ${n}` },
    })),
  )
  await until(async () => (await head()).size >= size + count)
}

beforeAll(async () => {
  rig = await startRig()
  auditor = await rig.visitorWith(['auditor'])
  await rig.knownTenant()
  await until(async () => (await auditor.get('/api/audit/head')).status === 200)
  await grow(300)
  browser = await openProfile()
  page = browser.page
  await signInAs(page, rig.console_url, 'aud')
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await rig?.close()
})
afterEach(async () => {
  await page.unrouteAll({ behavior: 'wait' })
})

/** Opens the newest event of ours at the side and has it verified; answers each step by its title, and the verdict. */
const verifyNewest = async () => {
  await page.goto(`${rig.console_url}/audit?action=TENANT.OPENED`)
  await settle(page)
  await rowsOf(page, 'Events').first().locator('td').first().click()
  const panel = page.getByRole('complementary').filter({ has: page.getByRole('button', { name: 'Verify' }) })
  // The last of the panel that comes: what still moves is not hit.
  await panel.getByText(/· signed/).waitFor()
  await panel.getByRole('button', { name: 'Verify' }).click()
  await page.getByText(/^(Verified in this browser|This does not verify|This could not be verified)\.$/).waitFor()
  const verdict = await page.getByText(/^(Verified in this browser|This does not verify|This could not be verified)\.$/).textContent()
  const steps = await page.getByRole('list', { name: 'Steps of the verification' }).getByRole('listitem').allTextContents()
  return { verdict, steps }
}
/** Proofs that somebody asks for, not those by which the console redeems promises meanwhile. */
const routeProofs = (handle: (route: Route) => Promise<void>) =>
  page.route('**/api/audit/*/proof', (route) =>
    route.request().headers()['countersign-background'] === undefined ? handle(route) : route.continue(),
  )
const forget = () => page.evaluate(() => localStorage.removeItem('countersign-log'))

describe('M2 AU-16 the console verifies events in the browser', () => {
  it('shows its steps in plain words, and remembers key and checkpoint', async () => {
    const first = await verifyNewest()
    expect(first.verdict).toBe('Verified in this browser.')
    expect(first.steps).toEqual([
      expect.stringMatching(/^What is shown holds.*commits to; its entry was hashed in this browser/),
      expect.stringMatching(/^The key of the log holds.*SHA256:\S{43}\. This browser met it now/),
      expect.stringMatching(/^The signed checkpoint holds.*entries is signed with this key/),
      expect.stringMatching(/^The place in the log holds.*It is entry #\d+/),
      expect.stringMatching(/^What this browser saw before holds.*first checkpoint that this browser keeps/),
    ])
    await grow(300)
    const second = await verifyNewest()
    expect(second.verdict).toBe('Verified in this browser.')
    expect(second.steps[1]).toContain('This browser has known it since')
    expect(second.steps[4]).toMatch(/It continues the \d+ entries that this browser has seen/)
  })

  it('tells an event that was changed in transit', async () => {
    await page.route('**/api/audit?*', async (route) => {
      const answer = await route.fetch()
      const body = (await answer.json()) as EventPage
      for (const event of body.items) event.result = 'deny'
      await route.fulfill({ response: answer, json: body })
    })
    const kept = await verifyNewest()
    expect(kept.verdict).toBe('This does not verify.')
    expect(kept.steps[3]).toContain('is not the one that the log holds in this place: it was changed in transit, or in the database')
    await page.unrouteAll({ behavior: 'wait' })
    await page.route('**/api/audit?*', async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, body: (await answer.text()).replaceAll('"Customer ', '"Stranger ') })
    })
    const erasable = await verifyNewest()
    expect(erasable.verdict).toBe('This does not verify.')
    expect(erasable.steps[0]).toContain('A value shown here is not the one that the log committed to')
  })

  it('tells a proof that was cut', async () => {
    await routeProofs(async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, body: (await answer.text()).replace(/\n[^\n]{43}=\n/, '\n') })
    })
    const { verdict, steps } = await verifyNewest()
    expect(verdict).toBe('This does not verify.')
    expect(steps[3]).toContain('The proof has too few or too many hashes: it was cut')
  })

  it('tells a checkpoint that is older than one that it saw before, and lets a person forget it on purpose', async () => {
    await forget()
    let old = ''
    await routeProofs(async (route) => {
      const answer = await route.fetch()
      old ||= await answer.text()
      await route.fulfill({ response: answer })
    })
    const newest = async () =>
      ((await (await auditor.get('/api/audit?action=TENANT.OPENED&limit=1')).json()) as EventPage).items[0]?.log_index
    const opened = await newest()
    expect((await verifyNewest()).verdict).toBe('Verified in this browser.')
    // The log grows by what is not in this list, so that the same event is opened again.
    for (let n = 0; n < 3; n += 1) await auditor.get('/api/audit?limit=1')
    await until(async () => (await head()).size > Number(old.split('\n\n')[1]?.split('\n')[1]))
    expect((await verifyNewest()).steps[4]).toContain('It continues the')
    expect(await newest()).toBe(opened)
    await page.unrouteAll({ behavior: 'wait' })
    await routeProofs((route) => route.fulfill({ contentType: 'text/plain', body: old }))
    const { verdict, steps } = await verifyNewest()
    expect(verdict).toBe('This does not verify.')
    expect(steps.slice(0, 4).every((step) => / holds /.test(step.replace(/holds/, ' holds ')))).toBe(true)
    expect(steps[4]).toMatch(/The log has shrunk: this browser has seen \d+ entries, on .*, and is now shown a checkpoint of \d+ entries/)
    await page.getByRole('button', { name: 'Forget what was seen' }).click()
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.getByText('Verified in this browser.').waitFor()
  })

  it('tells a key that is not the one that it met first', async () => {
    await page.evaluate(() => {
      const seen = JSON.parse(localStorage.getItem('countersign-log') as string)
      localStorage.setItem(
        'countersign-log',
        JSON.stringify({ ...seen, key: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW' }),
      )
    })
    const { verdict, steps } = await verifyNewest()
    expect(verdict).toBe('This does not verify.')
    expect(steps[1]).toContain('A log never changes its key: ask your administrator which is right')
    expect(steps.slice(2)).toEqual(Array(3).fill(expect.stringContaining('Not reached')))
    await forget()
  })

  it('complained of nothing', () => {
    expect(browser.complaints).toEqual([])
  })
})
