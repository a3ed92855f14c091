import { AxeBuilder } from '@axe-core/playwright'
import type { Overview, TenantHealth, TenantMinute } from '@countersign/contract/health.ts'
import { sql } from 'kysely'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { recordHours, recordMinutes } from '../../server/src/health/record-minutes.ts'
import { signIn, type Visitor } from '../support/browser.ts'
import type { Chromium } from '../support/chromium.ts'
import { newTenant } from '../support/directory.ts'
import { readEvents } from '../support/events.ts'
import { isLong } from '../support/long.ts'
import { rowsOf, settle, signInAs } from '../support/person.ts'
import { openProfile } from '../support/profile.ts'
import { type Rig, startRig } from '../support/rig.ts'

let rig: Rig
let browser: Chromium
let page: Page
let rob: Visitor

const hourMs = 3_600_000
const long = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft '.repeat(3).slice(0, 200)
const kinds = {
  ten_calm: { name: 'Calm Corp', plan: 'enterprise' },
  ten_failing: { name: 'Failing Foods', plan: 'team' },
  ten_silent: { name: 'Silent Systems', plan: 'team' },
  ten_slipping: { name: 'Slipping Studio', plan: 'enterprise' },
  ten_shrinking: { name: 'Shrinking Shipping', plan: null },
  ten_new: { name: 'New Nursery', plan: 'team' },
  ten_pending: { name: 'Pending Press', plan: 'team', status: 'pending' },
  ten_long: { name: long, plan: 'team' },
} as const
const crowd = Array.from({ length: 120 }, (_, n) => `ten_c${String(n).padStart(3, '0')}`)

const overview = async (query = ''): Promise<Overview> => (await (await rob.get(`/api/overview${query}`)).json()) as Overview
/** Gone from where a pointer would hold the rows. */
const leave = () => page.mouse.move(5, 300)
const open = async (path: string): Promise<void> => {
  await page.goto(`${rig.console_url}${path}`)
  await settle(page)
  await leave()
}
const names = (): Promise<string[]> =>
  rowsOf(page, 'Tenants').evaluateAll((rows) => rows.map((row) => row.querySelector('a')?.textContent ?? ''))
const row = (name: string) => rowsOf(page, 'Tenants').filter({ hasText: name })
const card = (name: RegExp) => page.getByRole('main').getByRole('button', { name, pressed: undefined })
const figure = async (name: RegExp): Promise<number> => Number((await card(name).first().innerText()).replaceAll(/\D/g, ''))

type Traffic = [tenantId: string, daily: number, hourly: number, errors?: number]

/** A week of calls, and the last day hour by hour. */
const trafficOf = ([tenant_id, daily, hourly, errors = 0]: Traffic) => {
  const now = Date.now()
  const at = (hoursAgo: number, ms: number) => new Date(Math.floor((now - hoursAgo * hourMs) / ms) * ms)
  const of = (minute: Date, calls: number, failed: number): TenantMinute => ({
    tenant_id,
    source: 'api-1',
    minute,
    calls,
    errors: failed,
    ...(failed > 0 ? { routes: [{ method: 'POST', route: '/v1/exports/:id', status: 503, calls, errors: failed }] } : {}),
    latency: [
      { upper_ms: 50, calls: Math.floor(calls / 2) },
      { upper_ms: 500, calls: Math.ceil(calls / 2) },
    ],
  })
  return {
    hours: daily > 0 ? [2, 3, 4, 5, 6, 7].map((day) => of(at(day * 24, hourMs), daily, 0)) : [],
    minutes: hourly > 0 ? Array.from({ length: 23 }, (_, hour) => of(at(hour, 60_000), hourly, errors)) : [],
  }
}
const send = async (all: Traffic[]): Promise<void> => {
  const traffic = all.map(trafficOf)
  await recordHours(
    rig.database.store,
    traffic.flatMap(({ hours }) => hours),
  )
  await recordMinutes(
    rig.database.store,
    traffic.flatMap(({ minutes }) => minutes),
  )
}

beforeAll(async () => {
  rig = await startRig()
  const updated_at = '2026-06-01T00:00:00.000Z'
  rig.directory.world.tenants = [
    ...Object.entries(kinds).map(([id, members], n) => newTenant(n, { id, status: 'active', updated_at, ...members })),
    ...crowd.map((id, n) => newTenant(n, { id, name: `Crowd ${String(n).padStart(3, '0')}`, plan: 'free', updated_at })),
  ]
  rob = await signIn(rig.console_url, 'rob')
  await vi.waitFor(async () => expect((await overview()).cards.total).toBe(128), { timeout: 30_000, interval: 200 })
  browser = await openProfile()
  page = browser.page
  await signInAs(page, rig.console_url, 'rob')
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await rig?.close()
})

describe('before any signal', () => {
  it('X9 says that none was ever sent, and how to send some; nothing looks broken', async () => {
    await open('/tenants')
    await page.getByRole('heading', { name: /^No signals yet/ }).waitFor()
    for (const way of ['OpenTelemetry', 'Prometheus', 'Anything else'])
      await page.getByRole('group', { name: `Example for ${way}` }).waitFor()
    expect(await figure(/^Unknown/i)).toBe(128)
    expect(await figure(/^Critical/i)).toBe(0)
    expect(await page.getByRole('alert').count()).toBe(0)
    await open('/tenants?query=ten_calm')
    expect(await row('Calm Corp').innerText()).toMatch(/unknown[\s\S]*no signal/)
  })
})

describe('with signals', () => {
  beforeAll(async () => {
    await send([
      ['ten_calm', 2000, 100],
      ['ten_failing', 2000, 100, 20],
      ['ten_silent', 2000, 0],
      ['ten_slipping', 2000, 100, 4],
      ['ten_shrinking', 9000, 100],
      ['ten_pending', 2000, 100],
      ['ten_long', 2000, 100],
    ])
    // No more at once than is written in a moment, also on a busy machine.
    for (let n = 0; n < crowd.length; n += 30) await send(crowd.slice(n, n + 30).map((id) => [id, 500, 30]))
    await recordMinutes(rig.database.store, [
      { tenant_id: 'ten_new', source: 'api-1', minute: new Date(Math.floor(Date.now() / 60_000) * 60_000), calls: 3, errors: 1 },
    ])
    await vi.waitFor(async () => expect((await overview()).cards).toMatchObject({ critical: 2, warning: 2, healthy: 122, unknown: 2 }), {
      timeout: 30_000,
      interval: 300,
    })
  }, 60_000)

  it('C3 C4 C5 C6 C7 has four cards that agree with the table, and filter it; unknown is named beside the total', async () => {
    await open('/tenants')
    for (const [name, count] of [
      [/^Total/i, 128],
      [/^Healthy/i, 122],
      [/^Warning/i, 2],
      [/^Critical/i, 2],
      [/^Unknown/i, 2],
    ] as const)
      await expect.poll(() => figure(name)).toBe(count)
    await card(/^Critical/i)
      .first()
      .click()
    await page.waitForURL(/health=critical/)
    await vi.waitFor(async () => expect((await names()).toSorted()).toEqual(['Failing Foods', 'Silent Systems']))
    await page.getByText('2 tenants found').waitFor()
    await card(/^Unknown/i)
      .first()
      .click()
    await vi.waitFor(async () => expect((await names()).toSorted()).toEqual(['New Nursery', 'Pending Press']))
    await card(/^Total/i)
      .first()
      .click()
    await vi.waitFor(async () => expect(await rowsOf(page, 'Tenants').count()).toBeGreaterThan(10))
    expect(page.url()).not.toContain('health=')
  })

  it('C11 C12 C13 C14 C15 C16 C17 C18 shows status, health in words with a shape, calls, error rate, and what is unknown as unknown', async () => {
    await open('/tenants')
    const text = async (name: string) => (await row(name).innerText()).replaceAll(/\s+/g, ' ')
    expect(await text('Failing Foods')).toMatch(/active team critical error rate 20 % ≥ 10 %.* 2,300 20\.0 % .* ago/)
    expect(await text('Silent Systems')).toMatch(/critical no call for \d+ (h|days); before that/)
    expect(await text('Slipping Studio')).toMatch(/warning error rate 4 % ≥ 2 %/)
    expect(await text('Shrinking Shipping')).toMatch(/plan unknown warning 2,300 calls in 24 h, below 50 %/)
    await page.goto(`${rig.console_url}/tenants?health=unknown`)
    await vi.waitFor(async () => expect(await rowsOf(page, 'Tenants').count()).toBe(2))
    expect(await text('New Nursery')).toMatch(/unknown too little data/)
    expect(await row('New Nursery').getByText('—').count()).toBe(1)
    expect(await text('Pending Press')).toMatch(/pending team unknown not live/)
    await page.goto(`${rig.console_url}/tenants?query=ten_calm`)
    await vi.waitFor(async () => expect(await rowsOf(page, 'Tenants').count()).toBe(1))
    // A shape of its own for each, so that colour is never the only difference.
    const shapes = new Set<string | null>()
    for (const id of ['ten_calm', 'ten_failing', 'ten_slipping', 'ten_new']) {
      await page.goto(`${rig.console_url}/tenants?query=${id}`)
      await row(kinds[id as keyof typeof kinds].name).waitFor()
      shapes.add(
        await rowsOf(page, 'Tenants')
          .locator('td')
          .nth(2)
          .locator('svg path')
          .first()
          .evaluate((path) => path.outerHTML),
      )
    }
    expect(shapes.size).toBe(4)
  })

  it('C8 C9 C10 is the worst first, sorted by every column, searched by name and id, filtered by health, status and plan in the address', async () => {
    await open('/tenants')
    expect((await names()).slice(0, 4).toSorted()).toEqual(['Failing Foods', 'Shrinking Shipping', 'Silent Systems', 'Slipping Studio'])
    expect((await names()).slice(0, 2).toSorted()).toEqual(['Failing Foods', 'Silent Systems'])
    for (const [header, sort, first] of [
      ['Tenant', 'name', 'Calm Corp'],
      ['Status', 'status', undefined],
      ['Plan', 'plan', undefined],
      ['Calls 24 h', 'calls', undefined],
      ['Errors', 'error_rate', 'Failing Foods'],
      ['Last seen', 'last_call_at', undefined],
      ['Health', 'worst', undefined],
    ] as const) {
      await page.getByRole('columnheader').getByRole('button', { name: header }).click()
      await page.waitForURL(new RegExp(`sort=${sort}`))
      const order = new URL(page.url()).searchParams.get('order') ?? 'asc'
      const { items } = await overview(`?sort=${sort}&order=${order}&limit=5`)
      await vi.waitFor(async () => expect((await names()).slice(0, 5)).toEqual(items.map(({ tenant }) => tenant.name)))
      if (first) expect((await names())[0]).toBe(first)
      expect(await page.getByRole('columnheader', { name: header }).getAttribute('aria-sort')).toBe(
        order === 'asc' ? 'ascending' : 'descending',
      )
    }
    await open('/tenants')
    await page.keyboard.press('/')
    await page.keyboard.type('slipping')
    await vi.waitFor(async () => expect(await names()).toEqual(['Slipping Studio']))
    await open('/tenants?query=ten_silent')
    expect(await names()).toEqual(['Silent Systems'])
    await open('/tenants')
    await page.getByRole('button', { name: 'Plan', exact: true }).first().click()
    await page.getByRole('menuitemradio', { name: 'enterprise' }).click()
    await page.waitForURL(/plan=enterprise/)
    await vi.waitFor(async () => expect(await names()).toEqual(['Slipping Studio', 'Calm Corp']))
    await page.getByRole('button', { name: 'Remove filter Plan' }).click()
    await vi.waitFor(async () => expect(await rowsOf(page, 'Tenants').count()).toBeGreaterThan(10))
  })

  it('C8 pages by cursor to the last tenant, each once', async () => {
    await open('/tenants?sort=name')
    const seen = new Set<string>()
    await expect
      .poll(
        async () => {
          for (const name of await names()) seen.add(name)
          await page.evaluate(() => document.getElementById('main')?.scrollBy(0, 400))
          return seen.size
        },
        { timeout: 30_000, interval: 50 },
      )
      .toBe(128)
  })

  it('C8 gives exactly the filtered rows as CSV', async () => {
    await open('/tenants?health=critical&sort=name&order=desc')
    const href = await page.getByRole('link', { name: 'CSV' }).getAttribute('href')
    const lines = (await (await rob.get(href as string)).text()).trim().split('\r\n')
    expect(lines).toHaveLength(3)
    expect(lines[1]).toContain('Silent Systems')
    expect(lines[2]).toContain('Failing Foods')
  })

  it('C8 keeps a view under a name in this browser', async () => {
    await open('/tenants?health=warning&sort=name')
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByLabel('Name of the view').fill('Slipping ones')
    await page.getByRole('button', { name: 'Save' }).click()
    await open('/tenants')
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByRole('button', { name: 'Slipping ones', exact: true }).click()
    await page.waitForURL(/health=warning&sort=name/)
    await vi.waitFor(async () => expect(await names()).toEqual(['Shrinking Shipping', 'Slipping Studio']))
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByRole('button', { name: 'Delete the view Slipping ones' }).click()
    expect(await page.getByRole('button', { name: 'Slipping ones', exact: true }).count()).toBe(0)
  })

  it.for(isLong ? [1440, 1280, 1100, 900, 390] : [1280, 1100, 390])(
    'C20 C21 C22 C23 at %i px both acts of each row can be seen and named, and its name is not cut for them',
    async (width) => {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 })
      await open('/tenants?query=shrinking')
      const details = page.getByRole('link', { name: 'View Details of Shrinking Shipping' })
      const create = page.getByRole('button', { name: 'Create Support Session on Shrinking Shipping' })
      for (const act of [details, create]) expect(await act.isVisible()).toBe(true)
      if (width >= 1100)
        for (const text of ['View Details', 'Create Support Session']) await row('Shrinking').getByText(text, { exact: true }).waitFor()
      const name = row('Shrinking').locator('a').first()
      expect(
        await name.evaluate((link) => [link, ...link.querySelectorAll('*')].some((part) => part.scrollWidth > part.clientWidth + 1)),
      ).toBe(false)
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0)
      await create.click()
      await page.getByRole('dialog', { name: 'Create Support Session' }).getByText('Shrinking Shipping').first().waitFor()
      await page.keyboard.press('Escape')
      await details.click()
      await page.getByRole('heading', { name: 'Shrinking Shipping' }).waitFor()
      await open('/tenants?query=shrinking')
      await row('Shrinking')
        .locator('td')
        .first()
        .click({ position: { x: 3, y: 3 } })
      await page.getByRole('heading', { name: 'Shrinking Shipping' }).waitFor()
      await page.setViewportSize({ width: 1440, height: 900 })
    },
  )

  it('C8 at 390 px the filters are one sheet', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    await open('/tenants')
    await page.getByRole('button', { name: 'Filters' }).click()
    const sheet = page.getByRole('dialog', { name: 'Filters' })
    await sheet.getByRole('button', { name: 'Critical' }).click()
    await sheet.getByRole('button', { name: 'Show 2' }).click()
    await vi.waitFor(async () => expect((await names()).toSorted()).toEqual(['Failing Foods', 'Silent Systems']))
    await page.getByRole('button', { name: 'Filters (1)' }).waitFor()
    await page.setViewportSize({ width: 1440, height: 900 })
  })

  it('C24 C25 the page of a tenant has four cards, causes, a chart with its numbers, failing routes and how its health changed', async () => {
    await open('/tenants/ten_failing')
    const main = page.getByRole('main')
    expect(await main.getByRole('region', { name: 'Health', exact: true }).innerText()).toMatch(
      /critical[\s\S]*error rate 20 % ≥ 10 % over 24 h/,
    )
    expect(await main.getByRole('region', { name: 'Last seen' }).innerText()).toMatch(/ago|just now/)
    expect(await main.getByRole('region', { name: 'API calls', exact: true }).innerText()).toContain('2,300')
    expect(await main.getByRole('region', { name: 'Error rate' }).innerText()).toMatch(/20\.0 %[\s\S]*460 errors/)
    await main.locator('canvas').waitFor()
    await main.getByText('The numbers as a table').click()
    const health = (await (await rob.get('/api/tenants/ten_failing/health?window=24h')).json()) as TenantHealth
    const shown = await main
      .getByRole('table', { name: /^Calls and errors by time/ })
      .locator('tbody tr')
      .evaluateAll((rows) =>
        rows.map((each) => [...each.querySelectorAll('td')].map((cell) => Number(cell.textContent?.replaceAll(',', '')))),
      )
    expect(shown.toReversed()).toEqual(health.series.points.map(({ calls, errors }) => [calls, errors]))
    const box = await main.locator('canvas').boundingBox()
    await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + 80)
    await main
      .getByText(/^\s*\d[\d,]* calls?$/)
      .first()
      .waitFor()
    await main.getByText('/v1/exports/:id').waitFor()
    await main.getByText('503', { exact: true }).waitFor()
    await main.getByText(/^p50 /).waitFor()
    await main.getByRole('region', { name: 'How its health changed' }).getByText('critical').first().waitFor()
    await main.getByRole('button', { name: '7 d' }).click()
    await page.waitForURL(/window=7d/)
    const toolbar = page.getByRole('toolbar', { name: 'Support Actions' })
    expect(await toolbar.getByRole('button').allInnerTexts()).toEqual(['Create Support Session', 'Force Logout All Sessions'])
  })

  it('C34 M13 shows health with its causes in the dialog, and asks once whether it was the answer; a yes is counted', async () => {
    await open('/tenants/ten_failing')
    const create = page.getByRole('toolbar').getByRole('button', { name: 'Create Support Session' })
    await create.click()
    const told = page.getByRole('dialog').getByRole('region', { name: 'Health of the tenant' })
    await told.getByText(/error rate 20 % ≥ 10 %/).waitFor()
    const isAbove = await page.evaluate(() => {
      const top = (selector: string) => document.querySelector(selector)?.getBoundingClientRect().top ?? Number.NaN
      return top('[aria-label="Health of the tenant"]') < top('dialog textarea')
    })
    expect(isAbove).toBe(true)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    const question = page.getByText('Did its health answer your question?', { exact: true })
    await question.waitFor()
    await page.getByRole('button', { name: 'No', exact: true }).click()
    await question.waitFor({ state: 'detached' })
    const avoided = async () => (await readEvents(rig.database.store.pool)).filter(({ action }) => action === 'SUPPORT_SESSION.AVOIDED')
    expect(await avoided()).toEqual([])
    await create.click()
    await told.getByText(/error rate/).waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Yes, no session needed' }).click()
    await page.getByText('Counted as a session avoided', { exact: true }).waitFor()
    expect(await avoided()).toMatchObject([{ result: 'ok', tenant_id: 'ten_failing', actor: { email: 'rob@vendor.example' } }])
  })

  it('M13 asks nothing where health is unknown, or a session was opened', async () => {
    await open('/tenants/ten_pending')
    await page.getByRole('toolbar').getByRole('button', { name: 'Create Support Session' }).click()
    await page.getByRole('dialog').getByText('not live: the tenant is pending').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await open('/tenants/ten_failing')
    await page.getByRole('toolbar').getByRole('button', { name: 'Create Support Session' }).click()
    await page
      .getByRole('dialog')
      .getByText(/error rate/)
      .waitFor()
    await page.getByRole('dialog').getByLabel('Reason').fill('Customer cannot export anything')
    await page.getByRole('dialog').getByRole('button', { name: 'Create Session' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Copy token' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await page.getByText('Did its health answer your question?').count()).toBe(0)
  })

  it('M13 the page of insights shows what was counted, and each number leads to its events', async () => {
    await vi.waitFor(
      async () => {
        await open('/insights')
        expect(await page.getByRole('region', { name: 'By week' }).locator('tr[data-row="0"]').innerText()).toMatch(/\t1\t0\t1\t/)
      },
      { timeout: 20_000, interval: 500 },
    )
    await page.getByText('Customer cannot export anything').waitFor()
    await page.getByRole('table', { name: 'Numbers by week' }).locator('tr[data-row="0"] a').nth(1).click()
    await page.waitForURL(/\/audit\?.*SUPPORT_SESSION\.AVOIDED/)
    await vi.waitFor(async () => expect(await rowsOf(page, 'Events').count()).toBe(1))
  })

  it('C8 C17 follows a change without a reload within 15 seconds: badge, cards, cause and order', async () => {
    await open('/tenants')
    await page.evaluate(() => Object.assign(window, { isSamePage: true }))
    await page.getByText('streaming').waitFor()
    await send([['ten_calm', 0, 100, 50]])
    await vi.waitFor(
      async () => {
        expect(await figure(/^Critical/i)).toBe(3)
        expect((await names()).slice(0, 3)).toContain('Calm Corp')
        expect(await row('Calm Corp').innerText()).toMatch(/critical[\s\S]*error rate \d/)
      },
      { timeout: 15_000, interval: 100 },
    )
    expect(await page.evaluate(() => 'isSamePage' in window)).toBe(true)
  })

  it('C8 lets no row jump under the pointer: what changes waits, is counted, and comes when it is asked for', async () => {
    await open('/tenants')
    await page.getByText('streaming').waitFor()
    const before = await names()
    const critical = await figure(/^Critical/i)
    await row('Failing Foods').hover()
    await page.getByText('paused while you read').waitFor()
    await send([['ten_c077', 0, 30, 20]])
    const waits = page.getByRole('button', { name: /^1 change waits$/ })
    await waits.waitFor({ timeout: 15_000 })
    expect(await names()).toEqual(before)
    expect(await figure(/^Critical/i)).toBe(critical)
    await waits.click()
    await vi.waitFor(async () => expect((await names()).slice(0, 4)).toContain('Crowd 077'))
    expect(await figure(/^Critical/i)).toBe(critical + 1)
    await row('Failing Foods').hover()
    await send([['ten_c078', 0, 30, 20]])
    await waits.waitFor({ timeout: 15_000 })
    await leave()
    await vi.waitFor(async () => expect((await names()).slice(0, 5)).toContain('Crowd 078'))
  })

  it('M21 goes from the search to a tenant by keyboard alone', async () => {
    await open('/tenants')
    await page.keyboard.press('/')
    await page.keyboard.type('silent')
    await vi.waitFor(async () => expect(await names()).toEqual(['Silent Systems']))
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Silent Systems' }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('i')
    await page.waitForURL(/\/insights/)
  })

  it('X9 says on every page that no source sends any more, and shows nobody as critical for it', async () => {
    await sql`update health_state set reached_at = clock_timestamp() - interval '40 minutes', judged_at = null`.execute(
      rig.database.store.db,
    )
    await vi.waitFor(async () => expect((await overview()).cards).toMatchObject({ critical: 0, unknown: 128 }), { timeout: 20_000 })
    for (const path of ['/tenants', '/audit', '/sessions', '/tenants/ten_failing']) {
      await open(path)
      await page
        .getByRole('region', { name: 'Notices' })
        .getByText(/^No signal from any source/)
        .waitFor()
    }
    await open('/tenants')
    await page.getByText(/^no signal since/).waitFor()
  })
})

describe('WCAG 2.2 AA: axe finds nothing', () => {
  const schemes = ['light', 'dark'] as const
  // What a scheme or a width can change; the rest is looked at once.
  const narrowRules = ['color-contrast', 'target-size', 'scrollable-region-focusable', 'button-name', 'link-name', 'region']
  it.for(isLong ? [1440, 390] : [1440])(
    'M21 on the pages of health and insights, and in their dialogs, light and dark, %i px',
    { timeout: 240_000 },
    async (width) => {
      await recordMinutes(rig.database.store, [
        { tenant_id: 'ten_new', source: 'api-2', minute: new Date(Math.floor(Date.now() / 60_000) * 60_000), calls: width, errors: 1 },
      ])
      await vi.waitFor(async () => expect((await overview()).cards.critical).toBeGreaterThan(2), { timeout: 20_000, interval: 300 })
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 })
      const found: string[] = []
      const judge = async (what: string) => {
        for (const colorScheme of schemes) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
          const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] })
          if (width === 1440 && colorScheme === 'light')
            axe.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
          else axe.withRules(colorScheme === 'dark' ? ['color-contrast'] : narrowRules)
          const { violations } = await axe.analyze()
          for (const { id, nodes } of violations)
            for (const { html } of nodes) found.push(`${what} ${colorScheme} ${id}: ${html.slice(0, 160)}`)
        }
      }
      await open('/tenants?plan=team')
      await judge('tenants')
      await open('/tenants?query=Donau')
      await judge('a long name')
      if (width === 390) {
        await page.getByRole('button', { name: /^Filters/ }).click()
        await judge('filters')
      } else {
        await page.getByRole('button', { name: 'Views' }).click()
        await judge('views')
      }
      await open('/tenants/ten_failing')
      await page.getByText('The numbers as a table').click()
      await judge('tenant')
      await page.getByRole('toolbar').getByRole('button', { name: 'Create Support Session' }).click()
      await page
        .getByRole('dialog')
        .getByText(/error rate/)
        .waitFor()
      await page.getByRole('button', { name: 'Choose scopes' }).click()
      await judge('create')
      await page.keyboard.press('Escape')
      await page.getByText('Did its health answer your question?', { exact: true }).waitFor()
      await judge('question')
      await open('/insights')
      await judge('insights')
      expect(found).toEqual([])
    },
  )

  it('XS-1 nothing that the pages showed broke their policy or threw', () => {
    expect(browser.complaints).toEqual([])
  })
})
