import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signIn } from '../support/browser.ts'
import type { Chromium } from '../support/chromium.ts'
import { settle, signInAs } from '../support/person.ts'
import { openProfile } from '../support/profile.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { type Rig, startRig } from '../support/rig.ts'
import { until } from '../support/until.ts'

let rig: Rig
let good: Receiver
let bad: Receiver
let browser: Chromium
let page: Page
let sessionId = ''

const shots = process.env.SHOTS

/** What axe finds, wide and narrow, light and dark. */
const violations = async (name: string): Promise<string[]> => {
  const lines: string[] = []
  for (const width of [1440, 1280, 390])
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 })
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      if (shots) await page.screenshot({ path: `${shots}/${name}-${width}-${colorScheme}.png` })
      const { violations: found } = await new AxeBuilder({ page }).setLegacyMode().analyze()
      for (const { id, nodes } of found) lines.push(`${name} ${width} ${colorScheme} ${id}: ${nodes[0]?.html.slice(0, 160)}`)
    }
  await page.setViewportSize({ width: 1440, height: 900 })
  return lines
}

beforeAll(async () => {
  good = await startReceiver()
  bad = await startReceiver()
  bad.behave(() => ({ status: 503 }))
  rig = await startRig({
    config: `
destinations:
  siem: { type: ndjson, url: '${good.url}/in', allow_addresses: [127.0.0.1, '::1'], format: ocsf, filter: { category: support_session } }
  standby: { type: ndjson, url: '${bad.url}/in', allow_addresses: [127.0.0.1, '::1'] }
  customer: { type: file, path: ${process.env.TMPDIR ?? '/tmp'}/countersign-delivery-${process.pid}/events.ndjson, tenant_id: ten_nobody }
`,
  })
  const tenantId = await rig.knownTenant()
  const rob = await signIn(rig.console_url, 'rob')
  const opened = await rob.send('POST', '/api/sessions', {
    tenant_id: tenantId,
    reason: 'Looking into a failed export',
    ticket: 'SUP-4831',
  })
  const { session, token } = (await opened.json()) as { session: { id: string }; token: string }
  sessionId = session.id
  for (const path of ['/v1/reports', '/v1/reports', '/v1/notifications/1'])
    await fetch(`${rig.gateway_url}${path}`, { headers: { authorization: `Bearer ${token}` } })
  expect((await rob.send('POST', `/api/sessions/${sessionId}/revocation`, {})).status).toBe(200)
  browser = await openProfile()
  page = browser.page
  await signInAs(page, rig.console_url, 'ada')
})
afterAll(async () => {
  await browser?.close()
  await rig?.close()
  await good?.close()
  await bad?.close()
})

const card = (name: string) => page.getByRole('region', { name: new RegExp(`^${name}`) })

describe('M17 Delivery', () => {
  it('shows what is up to date, what is behind and why, and loads again at its own address', async () => {
    await page.goto(`${rig.console_url}/settings/delivery`)
    await settle(page)
    await card('siem').getByText('up to date').waitFor()
    await card('standby').getByText('Not delivered: it answered 503.').waitFor()
    await expect
      .poll(() =>
        card('standby')
          .getByText(/behind, since/)
          .count(),
      )
      .toBe(1)
    await page.reload()
    await card('siem').getByText('up to date').waitFor()
    expect(await violations('delivery')).toEqual([])
  })

  it('a test sends one event now, and says what came of it', async () => {
    await page.getByRole('button', { name: 'Test siem' }).click()
    await card('siem')
      .getByText(/^Test: it took evt_/)
      .waitFor()
    expect(good.received.some(({ body }) => body.includes('DELIVERY.TESTED'))).toBe(true)
    await page.getByRole('button', { name: 'Test standby' }).click()
    await card('standby').getByText('Test: it answered 503.').waitFor()
  })

  it('a replay asks from where and why, and sends everything from there on again', async () => {
    const before = good.received.length
    await page.getByRole('button', { name: 'Replay to siem' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Replay' }).click()
    await dialog.getByText(/^The reason needs at least 10/).waitFor()
    await dialog.getByLabel('Reason').fill('The index was lost in a migration')
    if (shots) await page.screenshot({ path: `${shots}/replay-1440.png` })
    await dialog.getByRole('button', { name: 'Replay' }).click()
    await dialog.waitFor({ state: 'detached' })
    await until(() => good.received.slice(before).some(({ headers }) => headers['countersign-first-index'] !== undefined))
    await card('siem').getByText('up to date').waitFor()
  })

  it('is for super_admin and auditor alone, and only the first one acts', async () => {
    const rob = await signIn(rig.console_url, 'rob')
    expect((await rob.get('/api/destinations')).status).toBe(403)
    const auditor = await rig.visitorWith(['auditor'])
    expect((await auditor.get('/api/destinations')).status).toBe(200)
    expect((await auditor.send('POST', '/api/destinations/siem/test', {})).status).toBe(403)
    const ada = await rig.visitorWith(['super_admin'])
    expect((await ada.send('POST', '/api/destinations/other/test', {})).status).toBe(404)
    const late = await ada.send('POST', '/api/destinations/siem/replay', { from_index: 1_000_000, reason: 'To see what it says' })
    expect([late.status, ((await late.json()) as { code: string }).code]).toEqual([400, 'invalid_request'])
  })
})

describe('M9 the receipt of a session', () => {
  it('says in the console what the customer is told', async () => {
    await page.goto(`${rig.console_url}/sessions/${sessionId}?tab=receipt`)
    await settle(page)
    const sheet = page.getByRole('region', { name: /^Receipt/ })
    await sheet.getByText('GET /v1/reports').waitFor()
    expect(await sheet.innerText()).toMatch(/2 ×\s+GET \/v1\/reports\s+200\s+done/)
    expect(await sheet.innerText()).toContain('ended by who opened it')
    expect(await violations('receipt')).toEqual([])
  })
})
