import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Export } from '@countersign/contract/exports.ts'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { runVerify } from '../../server/src/cli/verify.ts'
import { unpack } from '../exports/repack.ts'
import type { Chromium } from '../support/chromium.ts'
import { settle, signInAs } from '../support/person.ts'
import { openProfile } from '../support/profile.ts'
import { type Rig, startRig } from '../support/rig.ts'
import { until } from '../support/until.ts'

/** A folder for pictures of what the test walks through, for who wants to look. */
const pictures = process.env.COUNTERSIGN_PICTURES

let rig: Rig
let browser: Chromium
let page: Page
let tenantId: string

const look = async (name: string): Promise<void> => {
  if (pictures === undefined) return
  for (const [width, height] of [
    [1440, 900],
    [1280, 720],
    [390, 844],
  ] as const)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height })
      await page.emulateMedia({ colorScheme })
      await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== 'running'))
      await page.screenshot({ path: join(pictures, `${name}-${width}-${colorScheme}.png`) })
    }
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.emulateMedia({ colorScheme: 'light' })
}

beforeAll(async () => {
  rig = await startRig()
  tenantId = await rig.knownTenant()
  await rig.database.journal.recordAll(
    rig.database.store.db,
    Array.from({ length: 250 }, (_, n) => ({
      action: 'TENANT.OPENED' as const,
      result: 'ok' as const,
      actor: { kind: 'system' as const, id: 'test' },
      tenant_id: tenantId,
      target: { kind: 'tenant' as const, id: tenantId, label: `=Customer ${n}` },
    })),
  )
  await until(async () => (await rig.database.store.db.selectFrom('log_sequencer').select('size').executeTakeFirstOrThrow()).size >= '250')
  browser = await openProfile()
  page = browser.page
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await rig?.close()
})
afterEach(async () => {
  await page.unrouteAll({ behavior: 'wait' })
  expect(browser.complaints).toEqual([])
})

const dialog = () => page.getByRole('dialog', { name: 'Export events' })
const open = async (path: string): Promise<void> => {
  await page.goto(`${rig.console_url}${path}`)
  await settle(page)
  await page.getByRole('button', { name: 'Export', exact: true }).click()
  await dialog().getByText('match now').waitFor()
}
const axe = async (): Promise<void> => {
  const { violations } = await new AxeBuilder({ page }).include('dialog').analyze()
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([])
}

describe('A44 an export from the console', () => {
  it('of the audit page holds exactly the events that it was said to, and verifies', { timeout: 120_000 }, async () => {
    await signInAs(page, rig.console_url, 'aud')
    await open('/audit?actor_id=test')
    await dialog().getByText('250 events', { exact: true }).waitFor()
    await look('export-1-ask')
    const button = dialog().getByRole('button', { name: 'Export 250 events' })
    expect(await button.isDisabled()).toBe(true)
    await dialog().getByText('A reason of at least 10 characters').waitFor()
    await dialog().getByLabel('Reason').fill('The quarterly review of access')
    await axe()
    await button.click()
    const link = dialog().getByRole('link', { name: 'Download' })
    await link.waitFor()
    await look('export-3-ready')
    await axe()
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()])
    expect(download.suggestedFilename()).toMatch(/^countersign-events-[\d-]{19}-csv\.zip$/)
    const path = await download.path()
    const csv = unpack(readFileSync(path)).get('events.csv')?.toString() ?? ''
    expect(csv.match(/"TENANT\.OPENED"/g)).toHaveLength(250)
    expect(csv).toContain(`"'=Customer 7"`)
    const lines: string[] = []
    expect(await runVerify({ source: { folder: path }, print: (line) => lines.push(line) }), lines.join('\n')).toBe(0)
  })

  it('is found again when the dialog was closed, and says how far it is', { timeout: 60_000 }, async () => {
    let made: Export | undefined
    await page.route('**/api/exports', async (route) => {
      if (route.request().method() !== 'POST') return route.continue()
      const answer = await route.fetch()
      made = (await answer.json()) as Export
      return route.fulfill({ response: answer })
    })
    await page.route(/\/api\/exports\/exp_[0-9a-f]+$/, async (route) => {
      const answer = await route.fetch()
      const now = (await answer.json()) as Export
      return route.fulfill({ json: { ...now, state: 'preparing', sealing: false, rows: 120, rows_expected: 250, bytes: null } })
    })
    await open('/audit?actor_id=test')
    await dialog().getByLabel('Reason').fill('The quarterly review of access')
    await dialog().getByRole('button', { name: 'NDJSON' }).click()
    await dialog().getByRole('button', { name: 'Export 250 events' }).click()
    await dialog().getByText('120 of 250 events').waitFor()
    expect(made).toMatchObject({ format: 'ndjson', state: 'preparing' })
    await look('export-2-preparing')
    await axe()
    await page.unrouteAll({ behavior: 'wait' })
    await dialog().getByRole('button', { name: 'Close' }).last().click()
    await until(
      async () => (await rig.database.store.db.selectFrom('exports').select('id').where('ready_at', 'is', null).execute()).length === 0,
    )
    await page.getByRole('button', { name: 'Export', exact: true }).click()
    await page.getByRole('region', { name: 'Your exports of the last day' }).getByRole('link', { name: 'Download' }).first().waitFor()
    await look('export-4-again')
    await axe()
    await page.keyboard.press('Escape')
  })

  it.each([
    ['failed', { state: 'failed', code: 'export_changed' }, 'Its contents have changed.'],
    ['expired', { state: 'expired' }, 'This export has expired.'],
  ])('says in plain words that it has %s', { timeout: 60_000 }, async (name, change, words) => {
    await page.route(/\/api\/exports\/exp_[0-9a-f]+$/, async (route) => {
      const answer = await route.fetch()
      return route.fulfill({ json: { ...((await answer.json()) as Export), ...change } })
    })
    await open('/audit?actor_id=test')
    await dialog().getByLabel('Reason').fill('The quarterly review of access')
    await dialog().getByRole('button', { name: 'Export 250 events' }).click()
    await dialog().getByText(words).waitFor()
    await look(`export-5-${name}`)
    await axe()
    await dialog().getByRole('button', { name: 'Export again' }).click()
    await dialog().getByText('match now').waitFor()
    await page.keyboard.press('Escape')
  })

  it('EX-6 of more than one tenant is not support staff’s to make, and the dialog says so; of one tenant it is', {
    timeout: 90_000,
  }, async () => {
    await page.context().clearCookies()
    await signInAs(page, rig.console_url, 'rob')
    await open('/audit')
    await dialog().getByText('That needs the role auditor or super_admin.').waitFor()
    expect(
      await dialog()
        .getByRole('button', { name: /^Export [\d,]+ events$/ })
        .isDisabled(),
    ).toBe(true)
    await look('export-6-not-mine')
    await axe()
    await page.keyboard.press('Escape')
    await open(`/tenants/${tenantId}?tab=audit`)
    await dialog().getByText('which the tenant sees too').waitFor()
    await look('export-7-tenant')
    await dialog()
      .getByRole('button', { name: /^Export [\d,]+ events$/ })
      .click()
    await dialog().getByRole('link', { name: 'Download' }).waitFor()
    await page.keyboard.press('Escape')
  })
})
