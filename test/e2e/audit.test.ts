import { AxeBuilder } from '@axe-core/playwright'
import type { EventPage } from '@countersign/contract/events.ts'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { signIn, type Visitor } from '../support/browser.ts'
import type { Chromium } from '../support/chromium.ts'
import { newPerson } from '../support/directory.ts'
import { focused, rowsOf, settle, signInAs } from '../support/person.ts'
import { openProfile } from '../support/profile.ts'
import { type Rig, startRig } from '../support/rig.ts'

let rig: Rig
let browser: Chromium
let page: Page
let rob: Visitor
let session: { id: string; token: string }

const reason = 'Export came out empty'
const create = async (tenant_id: string, ticket: string, why = reason) => {
  const answer = await rob.send('POST', '/api/sessions', { tenant_id, reason: why, ticket })
  expect(answer.status).toBe(201)
  const made = (await answer.json()) as { session: { id: string }; token: string }
  return { id: made.session.id, token: made.token }
}

beforeAll(async () => {
  rig = await startRig()
  rig.directory.world.people.push(newPerson(70, 'ten_0001', { name: 'Eve Zimmer' }), newPerson(71, 'ten_0002', { name: 'Eve Young' }))
  rob = await signIn(rig.console_url, 'rob')
  await vi.waitFor(async () => expect((await rob.get('/api/tenants/ten_0002')).status).toBe(200), { timeout: 30_000, interval: 200 })
  session = await create('ten_0001', 'SUP-4831')
  const ended = await create('ten_0002', '#99', 'Lost at the zebra crossing')
  await rob.send('POST', `/api/sessions/${ended.id}/revocation`, { reason: 'No longer needed' })
  for (const path of ['/v1/reports', '/v1/reports/1', '/elsewhere'])
    await fetch(`${rig.gateway_url}${path}`, { headers: { authorization: `Bearer ${session.token}` } })
  expect((await rob.get('/api/users?query=Eve%20')).status).toBe(200)
  browser = await openProfile()
  page = browser.page
  await signInAs(page, rig.console_url, 'rob')
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await rig?.close()
})

const open = async (query = ''): Promise<void> => {
  await page.goto(`${rig.console_url}/audit${query}`)
  await page.getByRole('table', { name: 'Events' }).waitFor()
  await page.locator('[data-count]').first().waitFor()
  await settle(page)
  // What arrives moves the rows on, unless somebody points at them.
  await page.getByRole('table', { name: 'Events' }).hover()
}
const names = async (): Promise<string[]> =>
  (await rowsOf(page, 'Events').locator('td:nth-child(3)').allInnerTexts()).map((text) => text.split(/\s/)[0] as string)
const query = () => new URL(page.url()).searchParams
const served = async (asked: string): Promise<EventPage['items']> =>
  ((await (await rob.get(`/api/audit?limit=200&${asked}`)).json()) as EventPage).items

describe('A28 what is a row', () => {
  it('A28 shows a search and what it found as one row, and every event of it in the detail', async () => {
    await open('?category=look_up')
    const row = rowsOf(page, 'Events').filter({ hasText: 'USER.SEARCHED' }).first()
    expect(await row.innerText()).toMatch(/\+2/)
    expect(await row.innerText()).toContain('“Eve”')
    expect(await names()).not.toContain('USER.FOUND')
    await row.locator('td').first().click()
    const deed = page.getByRole('list', { name: 'Events in this row' })
    expect((await deed.getByRole('button').allInnerTexts()).map((text) => text.match(/[A-Z]+\.[A-Z.]+/)?.[0])).toEqual([
      'USER.SEARCHED',
      'USER.FOUND',
      'USER.FOUND',
    ])
    await deed.getByRole('button').nth(1).click()
    await page.getByRole('complementary').getByRole('heading', { name: 'USER.FOUND' }).waitFor()
  })

  it('A28 shows a request as one row with what became of it, and its refusals by themselves', async () => {
    await open(`?session_id=${session.id}`)
    await expect.poll(names).toEqual(expect.arrayContaining(['SUPPORT_SESSION.CREATED']))
    const all = await served(`session_id=${session.id}&action=SUPPORT_SESSION.REQUEST.*`)
    const requests = new Set(all.map(({ request }) => request?.id))
    expect(all.length).toBeGreaterThan(requests.size)
    const shown = (await names()).filter((name) => name.startsWith('SUPPORT_SESSION.REQUEST'))
    expect(shown).toHaveLength(requests.size)
    expect(shown).not.toContain('SUPPORT_SESSION.REQUEST.ADMITTED')
  })

  it('A28 leaves out reads of the log unless they are asked for, in the address too', async () => {
    await open()
    expect(await names()).not.toContain('AUDIT.READ')
    await page.getByRole('button', { name: 'Show them' }).click()
    await expect.poll(names).toContain('AUDIT.READ')
    expect(query().get('reads')).toBe('shown')
    await open('?action=AUDIT.READ')
    expect(new Set(await names())).toEqual(new Set(['AUDIT.READ']))
  })
})

describe('A29 A30 filters', () => {
  it('A30 has all admins, impersonate, resets and last 1 h one click away', async () => {
    await open()
    const quick = page.getByRole('group', { name: 'Common filters' })
    expect(await quick.getByRole('button').allInnerTexts()).toEqual(['all admins', 'impersonate', 'resets', 'last 1 h'])
    expect(await quick.getByRole('button', { name: 'all admins' }).getAttribute('aria-pressed')).toBe('true')
    for (const [name, member, value] of [
      ['impersonate', 'action', 'IMPERSONATE.*'],
      ['resets', 'action', '*.RESET'],
      ['last 1 h', 'last', '1h'],
    ] as const) {
      await quick.getByRole('button', { name }).click()
      await expect.poll(() => query().get(member)).toBe(value)
      expect(await quick.getByRole('button', { name }).getAttribute('aria-pressed')).toBe('true')
    }
  })

  it('A30 takes several values and leaves some out, in the words of the rows, and keeps them in the address', async () => {
    await open()
    await page.getByRole('button', { name: 'Event', exact: true }).click()
    const popover = page.getByRole('dialog', { name: 'Filter by event' })
    await popover.getByLabel('Find in Event').fill('SUPPORT_SESSION')
    await popover.getByRole('button', { name: 'SUPPORT_SESSION.CREATED', exact: true }).click()
    await popover.getByRole('button', { name: 'SUPPORT_SESSION.REVOKED', exact: true }).click()
    await page.keyboard.press('Escape')
    await expect.poll(() => query().get('action')).toBe('SUPPORT_SESSION.CREATED,SUPPORT_SESSION.REVOKED')
    await expect.poll(async () => new Set(await names())).toEqual(new Set(['SUPPORT_SESSION.CREATED', 'SUPPORT_SESSION.REVOKED']))
    await page.getByRole('button', { name: 'Tenant', exact: true }).click()
    const tenants = page.getByRole('dialog', { name: 'Filter by tenant' })
    await tenants.getByLabel('Leave it out').check()
    await tenants.getByLabel('Tenant', { exact: true }).fill('ten_0002')
    await tenants.getByRole('button', { name: 'Add' }).click()
    await page.keyboard.press('Escape')
    await expect.poll(() => query().get('tenant_id')).toBe('-ten_0002')
    await expect.poll(names).toEqual(['SUPPORT_SESSION.CREATED'])
    await page.getByText('Tenant not ten_0002').waitFor()
    // Back takes the last one away again.
    await page.goBack()
    await expect.poll(async () => (await names()).length).toBe(3)
    await page.getByRole('button', { name: 'Remove filter Event' }).first().click()
    await expect.poll(() => query().get('action')).toBe('SUPPORT_SESSION.REVOKED')
  })

  it('A30 says what cannot be looked for, where it was typed', async () => {
    await open()
    await page.getByRole('button', { name: 'Ticket', exact: true }).click()
    const popover = page.getByRole('dialog', { name: 'Filter by ticket' })
    await popover.getByLabel('Ticket', { exact: true }).fill('x'.repeat(70))
    await popover.getByRole('button', { name: 'Add' }).click()
    await popover.getByRole('alert').waitFor()
    expect(query().get('ticket')).toBeNull()
    await page.keyboard.press('Escape')
  })

  it('A30 searches reasons and notes', async () => {
    await open()
    await page.getByRole('searchbox', { name: 'Reasons and notes' }).fill('ZEBRA cross')
    await expect.poll(() => query().get('text')).toBe('ZEBRA cross')
    await expect.poll(names).toEqual(['SUPPORT_SESSION.CREATED'])
    await page.getByText('1 event', { exact: true }).first().waitFor()
  })

  it('A29 takes a range of dates', async () => {
    await open()
    await page.getByRole('button', { name: 'Time', exact: true }).click()
    const popover = page.getByRole('dialog', { name: 'Filter by time' })
    await popover.getByLabel('From').fill('2001-01-01T00:00')
    await popover.getByLabel('Until').fill('2001-01-01T00:00')
    expect(await popover.getByRole('button', { name: 'Apply' }).isDisabled()).toBe(true)
    await popover.getByLabel('Until').fill('2001-02-01T00:00')
    await popover.getByRole('button', { name: 'Apply' }).click()
    await page.getByText('No events of this kind').waitFor()
    expect(query().get('from')).toBe(new Date('2001-01-01T00:00').toISOString())
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Remove filter Until' }).click()
    await expect.poll(async () => (await names()).length).toBeGreaterThan(5)
  })

  it('A30 saves views under a name, and removes them', async () => {
    await open('?result=deny&tenant_id=ten_0001')
    await page.getByRole('button', { name: 'Views' }).click()
    const views = page.getByRole('dialog', { name: 'Saved views' })
    await views.getByLabel('Save these filters as').fill('Refused at Acme')
    await views.getByRole('button', { name: 'Save' }).click()
    await open()
    await page.getByRole('button', { name: 'Views' }).click()
    await views.getByRole('button', { name: 'Refused at Acme', exact: true }).click()
    await expect.poll(() => [query().get('result'), query().get('tenant_id')]).toEqual(['deny', 'ten_0001'])
    await page.getByRole('button', { name: 'Views' }).click()
    await views.getByRole('button', { name: 'Remove the view Refused at Acme' }).click()
    await views.getByText('None yet.').waitFor()
    await page.keyboard.press('Escape')
  })

  it('A31 says how many events fit: those that the API counts', async () => {
    await open('?category=support_session')
    const { count } = (await (await rob.get('/api/audit/count?category=support_session&action=-AUDIT.READ')).json()) as { count: number }
    expect(await page.locator('[data-count=exact]').first().innerText()).toBe(`${count} events`)
  })
})

it('A31 a row is a link: with its own address, reached by keyboard', async () => {
  await open('?action=SUPPORT_SESSION.CREATED')
  const href = await rowsOf(page, 'Events').first().getByRole('link').getAttribute('href')
  expect(href).toMatch(/^\/audit\?action=SUPPORT_SESSION\.CREATED&event=\d+$/)
  await page.goto(`${rig.console_url}${href}`)
  await page.getByRole('complementary').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('complementary').waitFor({ state: 'detached' })
  await page.keyboard.press('j')
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-row'))).toBe('0')
  expect((await focused(page)).isVisible).toBe(true)
  await page.keyboard.press('Enter')
  await page.getByRole('complementary').waitFor()
})

it('A30 has one sheet of filters on a phone', async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  try {
    await open('?result=deny')
    await page.getByRole('button', { name: 'Filters (1)' }).click()
    const sheet = page.getByRole('dialog', { name: 'Filters' })
    await sheet.locator('summary').filter({ hasText: 'Result' }).click()
    await sheet.getByRole('button', { name: 'error', exact: true }).click()
    await expect.poll(() => query().get('result')).toBe('deny,error')
    await sheet.getByRole('button', { name: 'Clear all' }).click()
    await expect.poll(() => query().get('result')).toBeNull()
    await sheet.getByRole('button', { name: 'Show' }).click()
    await sheet.waitFor({ state: 'detached' })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  } finally {
    await page.setViewportSize({ width: 1440, height: 900 })
  }
})

describe('axe', () => {
  const check = async (): Promise<string[]> => {
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id} ${html.slice(0, 160)}`))
  }
  it.each(['light', 'dark'] as const)('finds nothing in an open filter, in views, and in the sheet: %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await open('?result=deny,-ok&tenant_id=-ten_0002')
    await page.getByRole('button', { name: 'Event', exact: true }).click()
    await page.getByRole('dialog', { name: 'Filter by event' }).waitFor()
    expect(await check()).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByRole('dialog', { name: 'Saved views' }).waitFor()
    expect(await check()).toEqual([])
    await page.keyboard.press('Escape')
    await page.setViewportSize({ width: 390, height: 844 })
    await page.getByRole('button', { name: /^Filters/ }).click()
    await page.getByRole('dialog', { name: 'Filters' }).locator('summary').filter({ hasText: 'Admin' }).click()
    expect(await check()).toEqual([])
    await page.keyboard.press('Escape')
    await page.setViewportSize({ width: 1440, height: 900 })
  })
})
