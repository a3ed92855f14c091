import { AxeBuilder } from '@axe-core/playwright'
import type { AccessLogPage } from '@countersign/contract/sessions.ts'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { sessionCookie } from '../../server/src/identity/cookies.ts'
import { signIn, type Visitor } from '../support/browser.ts'
import type { Chromium } from '../support/chromium.ts'
import { newPerson, newTenant } from '../support/directory.ts'
import { isLong } from '../support/long.ts'
import { arrive, focused, goTo, rowsOf, settle, signInAs, tabTo } from '../support/person.ts'
import { openProfile } from '../support/profile.ts'
import { type Rig, startRig } from '../support/rig.ts'

let rig: Rig
let browser: Chromium
let page: Page
let rob: Visitor
let session: { id: string; token: string }

const ask = (path: string, token = session.token) => fetch(`${rig.gateway_url}${path}`, { headers: { authorization: `Bearer ${token}` } })
const create = async (tenantId: string): Promise<typeof session> => {
  const answer = await rob.send('POST', '/api/sessions', { tenant_id: tenantId, reason: 'Export came out empty', ticket: 'SUP-4831' })
  expect(answer.status).toBe(201)
  const { session: made, token } = (await answer.json()) as { session: { id: string }; token: string }
  return { id: made.id, token }
}

beforeAll(async () => {
  rig = await startRig()
  const updated_at = '2026-06-01T00:00:00.000Z'
  const statuses = ['active', 'trial', 'onboarding', 'pending', 'suspended', 'closed'] as const
  rig.directory.world.tenants.push(
    ...Array.from({ length: 60 }, (_, n) =>
      newTenant(n + 10, { status: statuses[n % 6] as 'active', plan: n % 5 === 0 ? null : 'team', updated_at }),
    ),
    newTenant(90, { id: 'ten_marked', name: 'Marked\u202e\u200b Company', updated_at }),
  )
  rig.directory.world.people.push(
    newPerson(90, 'ten_0001', { status: 'suspended' }),
    newPerson(91, 'ten_0001', { status: 'invited', role: null, last_seen_at: null }),
  )
  rob = await signIn(rig.console_url, 'rob')
  await vi.waitFor(
    async () => {
      if ((await rob.get('/api/tenants/ten_marked')).status !== 200) throw new Error('the directory has not been read')
    },
    { timeout: 30_000, interval: 200 },
  )
  session = await create('ten_0001')
  for (const path of ['/v1/reports', '/v1/reports/1', '/v1/notifications/1', '/elsewhere']) await ask(path)
  const ended = await create('ten_0002')
  expect((await rob.send('POST', `/api/sessions/${ended.id}/revocation`, { reason: 'No longer needed' })).status).toBe(200)
  browser = await openProfile()
  page = browser.page
  await signInAs(page, rig.console_url, 'rob')
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await rig?.close()
})

const widths = [1440, 390] as const
const resize = (of: Page, width: number) => of.setViewportSize({ width, height: width === 390 ? 844 : 900 })

const schemes = ['light', 'dark'] as const
// Of the rules, these depend on the width, or on what is shown there alone: names, and where things are.
const narrowRules = ['target-size', 'scrollable-region-focusable', 'button-name', 'link-name', 'region', 'page-has-heading-one']

/** Which rules of axe a page is held to: all of them where there is room, then those that a scheme or a width can change. */
const rulesFor = (width: number, scheme: (typeof schemes)[number]): string[] | 'all' => {
  if (scheme === 'dark') return ['color-contrast', 'link-in-text-block']
  return width === 390 ? ['color-contrast', ...narrowRules] : 'all'
}

/** What axe finds, each as one line that says where. */
const violations = async (of: Page): Promise<string[]> => {
  const lines: string[] = []
  for (const colorScheme of schemes) {
    await of.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    // There are no frames, so that a page of axe's own in which to gather their results is not needed.
    const axe = new AxeBuilder({ page: of }).setLegacyMode().options({ resultTypes: ['violations'] })
    const rules = rulesFor(of.viewportSize()?.width ?? 0, colorScheme)
    if (rules === 'all') axe.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    else axe.withRules(rules)
    const { violations: found, passes } = await axe.analyze()
    expect(passes.length + found.length).toBeGreaterThan(0)
    for (const { id, nodes } of found)
      for (const { target, html } of nodes)
        lines.push(`${new URL(of.url()).pathname} ${colorScheme} ${id}: ${target.join(' ')} ${html.slice(0, 200)}`)
  }
  return lines
}
const overlays = {
  palette: async () => {
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('Tenant 1')
    await page
      .getByRole('option', { name: /Tenant 1/ })
      .first()
      .waitFor()
  },
  keys: async () => {
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
  },
  'create-session': async () => {
    await page.getByRole('button', { name: 'Create Support Session' }).first().click()
    await page.getByRole('dialog').getByLabel('Reason').waitFor()
  },
  'request-detail': async () => {
    await rowsOf(page, 'Access Logs').filter({ hasText: 'scope_missing' }).locator('td').first().click()
    await page.getByRole('link', { name: 'Events of this request' }).waitFor()
  },
  revoke: async () => {
    await page.getByRole('button', { name: 'Revoke Session' }).click()
    await page.getByRole('dialog').getByLabel('Reason').waitFor()
  },
  'audit-detail': async () => {
    // The rows of the page before have gone.
    await page.getByRole('button', { name: 'Remove filter Result' }).waitFor()
    await settle(page)
    await rowsOf(page, 'Events').first().locator('td').first().click()
    await page.getByText('canonical entry below').waitFor()
    await page.getByText(/· signed/).waitFor()
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.getByText('Verified in this browser.').waitFor()
  },
  account: async () => {
    await page.getByRole('button', { name: /Account of/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).waitFor()
  },
  log: async () => {
    await page.getByRole('button', { name: /^Log/ }).click()
    await page.getByText('Root hash').waitFor()
  },
} as const

const pages = (): { path: string; opens?: keyof typeof overlays }[] => [
  { path: '/tenants' },
  { path: '/tenants?query=nobody-has-this-name' },
  { path: '/tenants/ten_0001' },
  { path: '/tenants/ten_0001', opens: 'create-session' },
  { path: '/tenants/ten_0001?tab=users' },
  { path: '/tenants/ten_0001?tab=sessions' },
  { path: '/tenants/ten_0001?tab=audit' },
  { path: '/tenants/ten_marked' },
  { path: '/users' },
  { path: '/users?query=person&ticket=not%20a%20ticket' },
  { path: '/users?query=nobody-has-this-name' },
  { path: '/users/usr_0001' },
  { path: '/users/usr_0090', opens: 'create-session' },
  { path: '/users/usr_none' },
  { path: '/sessions' },
  { path: '/sessions?status=EXPIRED' },
  { path: `/sessions/${session.id}` },
  { path: `/sessions/${session.id}`, opens: 'revoke' },
  { path: `/sessions/${session.id}`, opens: 'request-detail' },
  { path: `/sessions/${session.id}?tab=events` },
  { path: `/sessions/${session.id}?tab=requests` },
  { path: '/go?ticket=SUP-4831&user=eve%40globex.example' },
  { path: '/go?ticket=not%20one&user=nor%20this' },
  { path: '/audit' },
  { path: `/audit?session_id=${session.id}&result=deny`, opens: 'audit-detail' },
  { path: '/audit?ticket=NONE-1' },
  { path: '/insights' },
  { path: '/tenants', opens: 'palette' },
  { path: '/tenants', opens: 'keys' },
  { path: '/tenants', opens: 'account' },
  { path: '/tenants', opens: 'log' },
  { path: '/nowhere/at/all' },
]

describe('WCAG 2.2 AA: axe finds nothing', () => {
  // Every page at each width in a long run; otherwise a third of them at each, and not the same.
  it.for(widths)('M21 on every page and in every dialog, light and dark, %i px', { timeout: 300_000 }, async (width) => {
    await resize(page, width)
    const found: string[] = []
    for (const { path, opens } of pages().filter((_, n) => isLong || n % 3 === (width === 390 ? 0 : 1))) {
      await page.goto(`${rig.console_url}${path}`)
      await settle(page)
      if (opens) await overlays[opens]()
      for (const each of await violations(page)) found.push(`${opens ?? ''}${each}`)
    }
    expect(found).toEqual([])
  })

  it.for(widths)('M21 where nobody is signed in, or without a role, light and dark, %i px', async (width) => {
    const own = await openProfile({ width })
    try {
      await own.page.goto(`${rig.console_url}/sign-in?refused=no_role`)
      await own.page.getByRole('link', { name: /rob@vendor/ }).waitFor()
      expect(await violations(own.page)).toEqual([])
      await becomeOneWith(own, [])
      await own.page.goto(rig.console_url)
      await own.page.getByText('This attempt was recorded').waitFor()
      expect(await violations(own.page)).toEqual([])
    } finally {
      await own.close()
    }
  })

  it('M21 finds what is wrong, where something is, on a narrow page too', async () => {
    const own = await openProfile()
    try {
      await own.page.setContent('<html><body><img src=x><button></button><p style="color:#ccc;background:#fff">faint</p></body></html>')
      const found = (await violations(own.page)).join('\n')
      for (const rule of ['image-alt', 'button-name', 'light color-contrast', 'dark color-contrast', 'html-has-lang'])
        expect(found).toContain(rule)
      await resize(own.page, 390)
      const foundNarrow = (await violations(own.page)).join('\n')
      for (const rule of ['button-name', 'light color-contrast', 'dark color-contrast', 'region', 'page-has-heading-one'])
        expect(foundNarrow).toContain(rule)
    } finally {
      await own.close()
    }
  })
})

const becomeOneWith = async (of: Chromium, roles: Parameters<Rig['visitorWith']>[0]): Promise<void> => {
  const visitor = await rig.visitorWith(roles)
  const name = sessionCookie(rig.console_url)
  await of.context.clearCookies()
  await of.context.addCookies([
    { name, value: visitor.cookies.get(name) as string, url: rig.console_url, httpOnly: true, sameSite: 'Strict' },
  ])
}

describe('who sees what', () => {
  it('C1 somebody without a role sees that there is no way in, and nothing else', async () => {
    const own = await openProfile()
    try {
      await becomeOneWith(own, [])
      for (const path of ['/tenants', '/sessions', '/audit', '/users/usr_0001']) {
        await own.page.goto(`${rig.console_url}${path}`)
        await own.page.getByText('This attempt was recorded').waitFor()
        expect(await own.page.getByRole('navigation').count()).toBe(0)
        expect(await own.page.getByRole('table').count()).toBe(0)
      }
      await own.page.getByRole('button', { name: 'Sign out' }).click()
      await own.page.getByText('You are signed out.').waitFor()
    } finally {
      await own.close()
    }
  })

  it('C1 X5 an auditor sees the audit, what is counted from it, sessions that can only be read, and nothing else', async () => {
    const own = await openProfile()
    try {
      await signInAs(own.page, rig.console_url, 'aud')
      await own.page.waitForURL(`${rig.console_url}/audit`)
      await rowsOf(own.page, 'Events').first().waitFor()
      const links = await own.page.getByRole('navigation').first().getByRole('link').allInnerTexts()
      expect(links.map((text) => text.split('\n')[0])).toEqual(['Sessions', 'Audit', 'Insights', 'Delivery'])
      await own.page.getByRole('link', { name: 'Sessions' }).first().click()
      const row = rowsOf(own.page, 'Support sessions').filter({ hasText: 'ACTIVE' }).first()
      await row.waitFor()
      expect(await row.getByRole('button', { name: /^Revoke Session/ }).isDisabled()).toBe(true)
      await row.getByRole('link', { name: /^Session on/ }).click()
      await own.page.getByText('Your roles only let you read it').waitFor()
      await own.page.getByRole('table', { name: 'Access Logs' }).waitFor()
      for (const path of ['/tenants', '/users', '/tenants/ten_0001']) {
        await own.page.goto(`${rig.console_url}${path}`)
        await own.page.getByText('role_missing').waitFor()
        await own.page.getByText('This page needs').waitFor()
        await own.page.getByRole('link', { name: 'Open the audit' }).waitFor()
        expect(await own.page.title()).toBe('No access · Countersign')
        expect(await own.page.getByRole('table').count()).toBe(0)
      }
      expect(own.complaints).toEqual([])
    } finally {
      await own.close()
    }
  })

  it('says so where nothing is, and leads back', async () => {
    await resize(page, 1440)
    await page.goto(`${rig.console_url}/nowhere/at/all`)
    await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor()
    await page.getByRole('link', { name: 'Go to the first page' }).click()
    await page.waitForURL(`${rig.console_url}/tenants`)
    await goTo(page, '/users/usr_none')
    await page.getByText('not_found').waitFor()
  })
})

describe('M21 the whole story by keyboard alone', () => {
  let own: Chromium
  const unseen: string[] = []
  beforeAll(async () => {
    own = await openProfile()
  })
  afterAll(() => own?.close())
  const press = (...keys: string[]) => keys.reduce((before, key) => before.then(() => own.page.keyboard.press(key)), Promise.resolve())
  const tab = async (name: RegExp, options = {}) => void unseen.push(...(await tabTo(own.page, name, options)))

  it('signs in, finds a tenant, opens a session, uses it and revokes it', async () => {
    const { page } = own
    await page.goto(rig.console_url)
    await page.getByRole('link', { name: /rob@vendor/ }).waitFor()
    await tab(/rob@vendor/)
    await press('Enter')
    await page.waitForURL(`${rig.console_url}/tenants`)
    await page.reload()
    await settle(page)
    await press('Tab')
    expect(await focused(page)).toMatchObject({ name: 'Skip to the page', isVisible: true })
    await press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
    await press('/')
    await page.keyboard.type('ten_0003')
    await page.waitForURL(/query=ten_0003/)
    await vi.waitFor(async () => expect(await rowsOf(page, 'Tenants').count()).toBe(1), { timeout: 20_000 })
    await tab(/ten_0003|Tenant 3/)
    await press('Enter')
    await page.getByRole('heading', { name: 'Tenant 3' }).waitFor()
    await tab(/^Create Support Session$/)
    await press('Enter')
    await page.getByRole('dialog').getByLabel('Reason').waitFor()
    expect((await focused(page)).name).toContain('Reason')
    await page.keyboard.type('Half a reason')
    await press('Escape')
    await page.getByText('What you wrote would be lost').waitFor()
    expect((await focused(page)).name).toBe('Keep writing')
    await press('Escape')
    await page.getByText('What you wrote would be lost').waitFor({ state: 'detached' })
    expect(await page.getByRole('dialog').getByLabel('Reason').inputValue()).toBe('Half a reason')
    await press('Escape')
    await tab(/^Discard$/)
    await press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect((await focused(page)).name).toBe('Create Support Session')
    expect((await focused(page)).isVisible).toBe(true)
    await press('Enter')
    await page.getByRole('dialog').getByLabel('Reason').waitFor()
    await page.keyboard.type('Customer cannot open a report')
    await press('Control+Enter')
    const token = (await page.getByRole('dialog').locator('output').innerText()).trim()
    expect((await ask('/v1/reports', token)).status).toBe(200)
    expect((await focused(page)).name).toBe('Step in')
    for (const key of ['Escape', 'Escape']) {
      await press(key)
      await page.getByText('The token is not copied and cannot be shown again').waitFor()
    }
    expect((await focused(page)).name).toBe('Copy token')
    await press('Enter')
    await page.getByText('cannot be shown again').waitFor({ state: 'detached' })
    expect((await focused(page)).name).toBe('Step in')
    await tab(/^Open the session$/)
    await press('Enter')
    await page.waitForURL(/\/sessions\/ses_/)
    await page.getByText('/v1/reports', { exact: true }).first().waitFor()
    await tab(/^Revoke Session$/)
    await press('Enter')
    await page.getByRole('dialog').getByLabel('Reason').waitFor()
    await page.keyboard.type('Done with it')
    await tab(/^Revoke Session$/)
    await press('Enter')
    await page.getByText('REVOKED').first().waitFor()
    expect((await ask('/v1/reports', token)).status).toBe(403)
  })

  it('moves through rows with j and k, opens an event with Enter, closes it with Escape', async () => {
    const { page } = own
    // What is typed into a dialog that is about to close goes to the dialog.
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await press('g', 'a')
    await arrive(page, '/audit')
    await rowsOf(page, 'Events').nth(3).waitFor()
    // What arrives moves the rows on, unless somebody points at them.
    await rowsOf(page, 'Events').nth(3).hover()
    const row = () => page.evaluate(() => document.activeElement?.getAttribute('data-row'))
    await press('j')
    await expect.poll(row).toBe('0')
    await press('j')
    await expect.poll(row).toBe('1')
    await press('k')
    await expect.poll(row).toBe('0')
    expect((await focused(page)).isVisible).toBe(true)
    await press('Enter')
    await page.getByRole('complementary').waitFor()
    expect(page.url()).toMatch(/event=\d+/)
    await page.goBack()
    await page.getByRole('complementary').waitFor({ state: 'detached' })
    await rowsOf(page, 'Events').first().focus()
    await press('Space')
    await page.getByRole('complementary').waitFor()
    expect(await page.evaluate(() => document.getElementById('main')?.scrollTop)).toBe(0)
    await press('Escape')
    await page.getByRole('complementary').waitFor({ state: 'detached' })
  })

  it('opens what stands behind a button by key, and comes back to the button', async () => {
    const { page } = own
    const account = page.getByRole('button', { name: /Account of/ })
    await press('g', 't')
    await arrive(page, '/tenants')
    await settle(page)
    await tab(/Account of/, { back: true })
    // What opens is there from when the button has the focus.
    await vi.waitFor(
      async () =>
        expect(await page.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => /AccountMenu/.test(name)))).toBe(true),
      { timeout: 20_000 },
    )
    for (const key of ['Enter', 'ArrowDown', ' ']) {
      await press(key)
      await page.getByRole('menu', { name: /Account of/ }).waitFor()
      expect(await account.getAttribute('aria-expanded')).toBe('true')
      await press('ArrowDown')
      await vi.waitFor(async () => expect((await focused(page)).name).toMatch(/^(System|Light)$/), { timeout: 20_000 })
      await press('Escape')
      await page.getByRole('menu').waitFor({ state: 'detached' })
      expect((await focused(page)).name).toMatch(/Account of/)
    }
    await tab(/^Log live/, { back: true })
    await press('Enter')
    await page.getByRole('dialog', { name: 'State of the log' }).waitFor()
    await press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect((await focused(page)).name).toMatch(/^Log live/)
    // By pointer: a second click closes.
    await account.click()
    await page.getByRole('menu').waitFor()
    await account.click()
    await page.getByRole('menu').waitFor({ state: 'detached' })
  })

  it('goes everywhere by the palette, and comes back to where it was', async () => {
    const { page } = own
    await press('g', 's')
    await arrive(page, '/sessions')
    await settle(page)
    await tab(/^Whose$/)
    const { name } = await focused(page)
    await press('Control+k')
    await page.getByRole('combobox').waitFor()
    await press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect((await focused(page)).name).toBe(name)
    await press('Control+k')
    await page.keyboard.type('Tenant 2')
    await page
      .getByRole('option', { name: /^Tenant 2/ })
      .first()
      .waitFor()
    await press('Enter')
    await page.getByRole('heading', { name: /Tenant 2/ }).waitFor()
  })

  it('the focus could be seen at every step', () => {
    expect([...new Set(unseen)]).toEqual([])
    expect(own.complaints).toEqual([])
  })
})

describe('a connection that is lost', () => {
  const shownPaths = (): Promise<string[]> =>
    page.evaluate(() =>
      [...document.querySelectorAll('table[aria-label="Access Logs"] tr[data-row] bdi')].map((cell) => cell.textContent ?? ''),
    )

  it('X10 loses and doubles no event of a session across reconnections', async () => {
    await resize(page, 1440)
    const { id, token } = await create('ten_0003')
    await page.goto(`${rig.console_url}/sessions/${id}`)
    await page.mouse.move(5, 300)
    await page.getByText('streaming', { exact: false }).first().waitFor()
    const streams: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('/api/audit/stream')) streams.push(request.headers()['last-event-id'] ?? '')
    })
    const asked: string[] = []
    for (let cut = 0; cut < 4; cut++) {
      for (let n = 0; n < 2; n++) asked.push(`/v1/reports/${asked.length + 1}`)
      const pair = asked.slice(-2)
      // Around the cut: one on its way, one after it.
      const first = ask(pair[0] as string, token)
      rig.door.server.closeAllConnections()
      await first
      await ask(pair[1] as string, token)
      await vi.waitFor(async () => expect((await shownPaths()).toSorted()).toEqual(asked.toSorted()), { timeout: 20_000, interval: 100 })
    }
    expect(streams.length).toBeGreaterThanOrEqual(4)
    expect(streams.every((after) => /^\d+$/.test(after))).toBe(true)
    const { items } = (await (await rob.get(`/api/sessions/${id}/access-log?limit=200`)).json()) as AccessLogPage
    expect((await shownPaths()).toSorted()).toEqual(items.map((row) => row.path).toSorted())
    await goTo(page, `/sessions/${id}?tab=events`)
    // The heading counts as a row; those below the window are not in the document.
    const rowCount = () => page.getByRole('table', { name: 'Events' }).getAttribute('aria-rowcount')
    // A request is one row, whatever its events.
    await vi.waitFor(async () => expect(await rowCount()).toBe(String(2 + asked.length)))
    expect(await rowsOf(page, 'Events').getByText('+1').count()).toBe(asked.length)
  })

  it('says that the server does not answer, that what is shown may be stale, and takes it back', async () => {
    const { id, token } = await create('ten_0002')
    await page.goto(`${rig.console_url}/sessions/${id}`)
    await page.mouse.move(5, 300)
    await page.getByText('streaming', { exact: false }).first().waitFor()
    await page.route('**/api/**', (route) => route.abort('connectionrefused'))
    rig.door.server.closeAllConnections()
    const line = page.getByRole('alert').filter({ hasText: 'The server does not answer' })
    await line.waitFor()
    expect(await line.innerText()).toMatch(/from \d\d:\d\d:\d\d and may be stale/)
    await page.getByText(/^stale · as of \d\d:\d\d:\d\d$/).waitFor()
    expect(await page.getByRole('button', { name: 'Revoke Session' }).isDisabled()).toBe(true)
    await page.getByText('no connection', { exact: true }).waitFor()
    await ask('/v1/reports/while-away', token)
    expect(await shownPaths()).toEqual([])
    await page.unroute('**/api/**')
    await line.getByRole('button', { name: 'Try now' }).click()
    await line.waitFor({ state: 'detached' })
    await vi.waitFor(async () => expect(await shownPaths()).toEqual(['/v1/reports/while-away']), { timeout: 30_000, interval: 100 })
  })
})

describe('how much it weighs', () => {
  it('shows its first page after at most 200 kB, wide and narrow: document, code, styles, fonts and data, as they are sent', async () => {
    const own = await openProfile()
    try {
      const encodings = new Map<string, string | undefined>()
      own.page.on('response', (response) => encodings.set(response.url(), response.headers()['content-encoding']))
      const visitor = await rig.visitorWith(['support_admin'])
      const name = sessionCookie(rig.console_url)
      await own.context.addCookies([{ name, value: visitor.cookies.get(name) as string, url: rig.console_url }])
      await own.page.addInitScript(() => {
        new MutationObserver((_, observer) => {
          if (!document.querySelector('tr[data-row]')) return
          performance.mark('first row')
          observer.disconnect()
        }).observe(document, { childList: true, subtree: true })
      })
      for (const width of [1440, 390]) {
        await own.page.setViewportSize({ width, height: 900 })
        await own.page.goto(`${rig.console_url}/tenants`)
        await rowsOf(own.page, 'Tenants').first().waitFor()
        // What dialogs need is fetched in the background once there is something to read; fonts count whenever they come.
        const fetched = await own.page.evaluate(async () => {
          await document.fonts.ready
          const shownAt = performance.getEntriesByName('first row')[0]?.startTime ?? 0
          const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
          return (entries as PerformanceResourceTiming[])
            .filter((entry) => entry.startTime < shownAt || entry.name.endsWith('.woff2'))
            .map((entry) => [new URL(entry.name).pathname, entry.encodedBodySize, entry.name] as const)
        })
        const paths = fetched.map(([path]) => path)
        expect(paths).toEqual(expect.arrayContaining(['/tenants', '/api/me', '/api/overview']))
        expect(paths.filter((path) => path.endsWith('.js')).length).toBeGreaterThan(2)
        expect(paths.filter((path) => path.endsWith('.woff2')).length).toBeLessThanOrEqual(2)
        // Fonts are packed by themselves.
        const plain = fetched.filter(([path, bytes, url]) => bytes > 1_024 && !path.endsWith('.woff2') && encodings.get(url) !== 'br')
        expect(plain).toEqual([])
        expect(fetched.every(([path, bytes]) => bytes > 0 || !path.startsWith('/assets/'))).toBe(true)
        const weight = fetched.reduce((sum, [, bytes]) => sum + bytes, 0)
        expect(weight, JSON.stringify(fetched)).toBeLessThanOrEqual(200_000)
      }
      await own.page.reload()
      await rowsOf(own.page, 'Tenants').first().waitFor()
      const [me, list] = await own.page.evaluate(() =>
        ['/api/me', '/api/overview'].map((path) => {
          const entry = performance.getEntriesByType('resource').find(({ name }) => new URL(name).pathname === path)
          return entry && { from: entry.startTime, to: (entry as PerformanceResourceTiming).responseEnd }
        }),
      )
      expect(list?.from).toBeLessThan(me?.to ?? 0)
    } finally {
      await own.close()
    }
  })
})
