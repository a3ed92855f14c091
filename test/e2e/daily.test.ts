import pino from 'pino'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { sessionCookie } from '../../server/src/identity/cookies.ts'
import { type Server, serve } from '../../server/src/serve.ts'
import { signIn, type Visitor } from '../support/browser.ts'
import { type Chromium, openChromium } from '../support/chromium.ts'
import { isLong } from '../support/long.ts'
import { focused, rowsOf, settle, signInAs } from '../support/person.ts'
import { type Rig, startRig } from '../support/rig.ts'

/** A working day in the console: what a person loses, waits for, or is refused without being told before. */
let rig: Rig
let again: Server | undefined
let browser: Chromium
let page: Page
let rob: Visitor
let onUser = ''
let request = ''
const ticket = 'SUP-4831'

const json = async <T>(answer: Response | Promise<Response>, status: number): Promise<T> => {
  const response = await answer
  expect(response.status, `${response.url} ${response.status === status ? '' : await response.clone().text()}`).toBe(status)
  return (await response.json()) as T
}
const open = async (by: Visitor, wanted: object): Promise<string> => {
  const { session, token } = await json<{ session: { id: string }; token: string }>(by.send('POST', '/api/sessions', wanted), 201)
  await fetch(`${rig.gateway_url}/v1/reports`, { headers: { authorization: `Bearer ${token}` } })
  return session.id
}
const press = async (...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key)
}
const visit = async (path: string) => {
  await page.goto(`${rig.console_url}${path}`)
  await settle(page)
}
const wide = (width = 1440) => page.setViewportSize({ width, height: width === 390 ? 844 : 900 })
const dialog = () => page.getByRole('dialog')
const nameOfFocused = async () => (await focused(page)).name

beforeAll(async () => {
  rig = await startRig({ config: "\ntickets: { url: 'https://desk.example/tickets/{id}' }\n" })
  rob = await signIn(rig.console_url, 'rob')
  await rig.knownTenant()
  await vi.waitFor(async () => expect((await rob.get('/api/users/usr_0001')).status).toBe(200), { timeout: 30_000, interval: 200 })
  onUser = await open(rob, {
    tenant_id: 'ten_0001',
    target_user_id: 'usr_0001',
    reason: 'Sees fewer reports than before',
    ticket,
    ttl_minutes: 10,
  })
  request = (
    await json<{ id: string }>(
      rob.send(
        'POST',
        '/api/actions',
        { action: 'suspend_account', target: { kind: 'user', id: 'usr_0001' }, reason: 'A laptop was stolen', ticket, ask_approval: true },
        { 'idempotency-key': 'daily-suspend' },
      ),
      202,
    )
  ).id
  browser = await openChromium()
  page = browser.page
  await signInAs(page, rig.console_url, 'rob')
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await again?.close()
  await rig?.close()
})
beforeEach(() => wide())

describe('lists of sessions and requests', () => {
  it('C36 shows staff, user, ticket and the number of requests at 1280 px, none of them cut', async () => {
    await wide(1280)
    await visit('/sessions')
    const row = rowsOf(page, 'Support sessions').filter({ hasText: 'person1@example.com' })
    await row.getByRole('link', { name: /person1@example\.com/ }).waitFor()
    for (const text of ['Tenant 1', 'person1@example.com', 'rob@vendor.example', ticket])
      expect(
        await row.getByText(text, { exact: true }).evaluate((cell) => cell.scrollWidth <= cell.clientWidth + 1 || cell.clientWidth === 0),
      ).toBe(true)
    expect(await row.locator('td').nth(5).innerText()).toBe('1')
  })

  it('a ticket in a row leads to the desk; the rest of the row, and its keys, open what the row is', async () => {
    await page.context().route('https://desk.example/**', (route) => route.fulfill({ body: 'the desk' }))
    for (const [path, table, itself] of [
      ['/sessions', 'Support sessions', `/sessions/${onUser}`],
      ['/approvals', 'Requests', `/approvals/${request}`],
    ] as const) {
      await visit(path)
      const row = rowsOf(page, table).filter({ hasText: ticket }).first()
      const link = row.getByRole('link', { name: new RegExp(ticket) })
      const [desk] = await Promise.all([page.context().waitForEvent('page'), link.click()])
      expect(desk.url()).toBe(`https://desk.example/tickets/${ticket}`)
      await desk.close()
      await link.focus()
      const [byKey] = await Promise.all([page.context().waitForEvent('page'), page.keyboard.press('Enter')])
      await byKey.close()
      expect(new URL(page.url()).pathname).toBe(path)
      await row.focus()
      await press('Enter')
      await page.waitForURL(`${rig.console_url}${itself}`)
    }
  })

  it('says in the dialog that one is open already, what is left of it, and leads there', async () => {
    await open(rob, { tenant_id: 'ten_0002', reason: 'An export came out empty', ttl_minutes: 9 })
    await visit('/tenants/ten_0002')
    await page.getByRole('button', { name: 'Create Support Session' }).click()
    const notice = dialog().getByRole('status').filter({ hasText: 'You have one here already' })
    expect(await notice.innerText()).toMatch(/You have one here already, [89] minutes left:\s+An export came out empty/)
    await wide(390)
    expect((await notice.getByRole('link').boundingBox())?.width).toBeGreaterThan(100)
    await notice.getByRole('link').click()
    await page.waitForURL(/\/sessions\/ses_/)
    await page.getByText('An export came out empty').first().waitFor()
    expect(await dialog().count()).toBe(0)
    await visit('/tenants/ten_0003')
    await wide()
    await page.getByRole('button', { name: 'Create Support Session' }).click()
    await dialog().getByLabel('Reason').waitFor()
    expect(await dialog().getByText('here already').count()).toBe(0)
  })
})

describe('whatever opens over a page', () => {
  /** What opens it, and the field of it that can be written into. Those of one page and width stand together: it is loaded once. */
  type Opener = { path: string; width?: number; opens: { name: RegExp; field?: RegExp }[] }
  const openers: Opener[] = [
    {
      path: '/tenants?health=unknown',
      opens: [
        { name: /^Account of/ },
        { name: /^Log / },
        { name: /^Health$/ },
        { name: /^Views$/, field: /^Name of the view/ },
        { name: /^Create Support Session on Tenant 1/, field: /^Reason/ },
      ],
    },
    { path: '/tenants', width: 390, opens: [{ name: /^Filters/ }] },
    { path: '/sessions', opens: [{ name: /^Whose$/ }, { name: /^Revoke Session on Tenant 1/, field: /^Reason/ }] },
    { path: '/tenants/ten_0001?tab=users', opens: [{ name: /^Force Logout All Sessions$/, field: /^Reason/ }, { name: /^Role$/ }] },
    {
      path: '/audit?last=7d',
      opens: [
        { name: /^Time$/ },
        { name: /^Tenant$/, field: /^Tenant/ },
        { name: /^Event$/ },
        { name: /^More$/ },
        { name: /^Views$/, field: /^Save these filters as/ },
        { name: /^Export$/ },
      ],
    },
    { path: '/audit', width: 390, opens: [{ name: /^Filters/ }] },
  ]
  const shown = '[role=menu], [data-popover], dialog[open]'

  /** Escape asks, a second one goes back to what is written, and only a person throws it away. */
  const writeAndLeave = async (field: RegExp) => {
    const over = page.locator(shown)
    const input = over.getByLabel(field).first()
    await input.focus()
    await page.keyboard.type('Half a sen')
    await press('Escape')
    await over.getByText('What you wrote would be lost').waitFor()
    expect(await nameOfFocused()).toBe('Keep writing')
    await press('Escape')
    await over.getByText('What you wrote would be lost').waitFor({ state: 'detached' })
    expect(await input.inputValue()).toBe('Half a sen')
    expect(await input.evaluate((element) => element === document.activeElement)).toBe(true)
    await press('Escape')
    await over.getByRole('button', { name: 'Discard' }).focus()
    await press('Enter')
  }

  it('M21 gives the focus back to what opened it, and never throws away unasked what is written in it', async () => {
    for (const { path, width, opens } of openers) {
      await wide(width)
      await visit(path)
      // One of each page in a short run, of those with a field first.
      const some = isLong ? opens : [opens.find(({ field }) => field) ?? (opens[0] as (typeof opens)[0])]
      for (const { name, field } of some) {
        // What has no focus opens nothing: some wait for what their act requires.
        await page.getByRole('button', { name, disabled: false }).first().focus()
        const before = await nameOfFocused()
        await press('Enter')
        await page.locator(shown).first().waitFor()
        if (field) await writeAndLeave(field)
        else await press('Tab', 'Escape')
        await page.locator(shown).waitFor({ state: 'detached' })
        // A menu gives it back right after it has gone.
        await expect.poll(nameOfFocused, { message: `${path} ${name}`, timeout: 10_000 }).toBe(before)
      }
    }
  })

  it('M21 gives it back from an event at the side, a gate list and the field of a ticket', async () => {
    await visit('/audit')
    await rowsOf(page, 'Events').nth(1).focus()
    await press('Enter')
    await page
      .getByRole('complementary')
      .getByRole('button', { name: /^Close/ })
      .focus()
    await press('Enter')
    await page.getByRole('complementary').waitFor({ state: 'detached' })
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-row'))).not.toBeNull()
    await visit('/users/usr_0002')
    await page.getByRole('button', { name: 'Send magic link' }).focus()
    await press('Enter')
    await page.getByRole('form', { name: 'Send magic link' }).getByRole('button', { name: 'Cancel' }).focus()
    await press('Enter')
    await expect.poll(nameOfFocused).toBe('Send magic link')
    const without = await open(rob, { tenant_id: 'ten_0003', reason: 'Opened before there was a ticket', ttl_minutes: 5 })
    await visit(`/sessions/${without}`)
    await page.getByRole('button', { name: 'Add a ticket' }).focus()
    await press('Enter')
    await page.getByRole('button', { name: 'Cancel' }).focus()
    await press('Enter')
    await expect.poll(nameOfFocused).toBe('Add a ticket')
  })

  it('M21 asks too where the button is clicked again, or the page beside it', async () => {
    await visit('/audit?last=7d')
    const views = page.getByRole('button', { name: 'Views' })
    await views.click()
    const over = page.locator(shown)
    await over.getByLabel(/^Save these filters as/).fill('Half a name')
    for (const slip of [() => views.click(), () => page.getByRole('heading', { name: 'Audit' }).click()]) {
      await slip()
      await over.getByRole('button', { name: 'Keep writing' }).click()
      expect(await over.getByLabel(/^Save these filters as/).inputValue()).toBe('Half a name')
    }
    await views.click()
    await over.getByRole('button', { name: 'Discard' }).click()
    await over.waitFor({ state: 'detached' })
  })

  it('M21 asks nothing where nothing is written, or all of it is in force', async () => {
    await visit('/audit')
    await page.getByRole('button', { name: 'Time', exact: true }).click()
    const over = page.locator(shown)
    await over.getByLabel('From').fill('2026-01-01T10:00')
    await over.getByRole('button', { name: 'Apply' }).click()
    await page.getByRole('button', { name: 'Remove filter From' }).waitFor()
    await over.getByLabel('From').focus()
    await press('Escape')
    await over.waitFor({ state: 'detached' })
  })
})

describe('times', () => {
  const choose = async (zone: 'UTC' | 'My time zone') => {
    await page.getByRole('button', { name: /^Account of/ }).click()
    await page.getByRole('menuitemradio', { name: zone }).click()
    await page.getByRole('menu').waitFor({ state: 'detached' })
  }
  const timesOn = () =>
    page.evaluate(() => [...(document.getElementById('main')?.innerText ?? '').matchAll(/\b\d\d:\d\d(?::\d\d)?\b/g)].map(([time]) => time))
  /** 45 minutes off UTC, and on another day for six hours of it: what is drawn again shares no minute with what was there. */
  const ahead = 5 * 60 + 45
  const shifted = (time: string, by: number): string => {
    const [hours = 0, minutes = 0] = time.split(':').map(Number)
    const at = (hours * 60 + minutes + by + 1440) % 1440
    return [Math.floor(at / 60), at % 60].map((part) => String(part).padStart(2, '0')).join(':') + time.slice(5)
  }

  it('are drawn again all at once when the zone is changed, on every page', async () => {
    const devtools = await page.context().newCDPSession(page)
    await devtools.send('Emulation.setTimezoneOverride', { timezoneId: 'Asia/Kathmandu' })
    let zone: 'UTC' | 'My time zone' = 'My time zone'
    for (const path of [
      '/audit?from=2026-01-01T00:00:00.000Z',
      `/sessions/${onUser}`,
      `/sessions/${onUser}?tab=receipt`,
      '/users/usr_0001',
      `/approvals/${request}`,
      '/tenants/ten_0001',
    ].filter((_, n) => isLong || n % 2 === 1)) {
      await visit(path)
      await page
        .getByText(/^connecting\b/)
        .first()
        .waitFor({ state: 'detached' })
      // What is happening now, such as the event of this visit, has arrived.
      const before = await vi.waitFor(async () => {
        const times = await timesOn()
        expect(times.length, path).toBeGreaterThan(0)
        return times
      })
      zone = zone === 'UTC' ? 'My time zone' : 'UTC'
      await choose(zone)
      const expected = before.map((time) => shifted(time, zone === 'UTC' ? -ahead : ahead))
      const after = await timesOn()
      // An event may have arrived meanwhile, between those that were there, or in the place of the oldest.
      expect(
        after.filter((time) => expected.includes(time)),
        path,
      ).not.toEqual([])
      const stale = after.filter((time) => before.includes(time) && !expected.includes(time))
      expect(stale, path).toEqual([])
    }
    await devtools.detach()
  })
})

describe('who may what', () => {
  const become = async (roles: Parameters<Rig['visitorWith']>[0]): Promise<Chromium> => {
    const own = await openChromium()
    const visitor = await rig.visitorWith(roles)
    const name = sessionCookie(rig.console_url)
    await own.context.addCookies([
      { name, value: visitor.cookies.get(name) as string, url: rig.console_url, httpOnly: true, sameSite: 'Strict' },
    ])
    return own
  }

  it.for([
    { roles: ['auditor'] as const, begin: () => ['/audit', '/sessions', `/sessions/${onUser}`] },
    { roles: ['support_manager'] as const, begin: () => ['/approvals', `/approvals/${request}`, '/users/usr_0001'] },
  ])('C1 X5 no link that $roles is shown ends in a refusal, and nothing is asked that is refused', async ({ roles, begin }) => {
    const own = await become([...roles])
    try {
      const refused: string[] = []
      own.page.on('response', (response) => {
        if (response.status() === 403) refused.push(`${new URL(own.page.url()).pathname}: ${response.request().method()} ${response.url()}`)
      })
      const kind = (href: string) => href.replace(/[a-z]{3}_[0-9a-f]{32}|ten_\d+|usr_\d+/g, ':id')
      const seen = new Set<string>()
      const left = begin()
      for (let path = left.shift(); path !== undefined; path = left.shift()) {
        const { pathname } = new URL(path, rig.console_url)
        if (seen.has(kind(pathname))) continue
        seen.add(kind(pathname))
        await own.page.goto(`${rig.console_url}${path}`)
        await settle(own.page)
        expect(await own.page.getByText('role_missing').count(), path).toBe(0)
        left.push(
          ...(await own.page.evaluate(() =>
            [...document.querySelectorAll<HTMLAnchorElement>('a[href^="/"]:not([href^="/api/"])')].map((a) => a.getAttribute('href') ?? ''),
          )),
        )
      }
      expect(seen.size).toBeGreaterThan(2)
      expect(refused).toEqual([])
    } finally {
      await own.close()
    }
  })
})

describe('a connection that is lost', () => {
  const cut = async () => {
    await page.context().setOffline(true)
    ;(again ?? rig).door.server.closeAllConnections()
  }
  const line = () => page.getByRole('alert').filter({ hasText: 'The server does not answer. What you see is from' })

  it('a page that was not visited yet says so, and comes by itself', async () => {
    await visit('/tenants')
    await page.getByText('streaming').first().waitFor()
    await cut()
    await line().waitFor()
    await page.getByRole('link', { name: 'Insights' }).first().click()
    await page.getByRole('heading', { name: /has not been loaded yet/ }).waitFor()
    expect(await page.getByRole('navigation').first().isVisible()).toBe(true)
    await page.context().setOffline(false)
    await page.getByRole('heading', { name: 'Insights', exact: true }).waitFor()
    await line().waitFor({ state: 'detached' })
    expect(await page.getByText('has not been loaded yet').count()).toBe(0)
  })

  it('a menu that was not fetched yet says so, and opens by itself', async () => {
    const menus = /\/assets\/(?:Menu|PopoverBox|AccountMenu)/
    await page.route(menus, (route) => route.abort('connectionrefused'))
    await visit('/sessions')
    await page.getByRole('button', { name: 'Whose' }).click()
    await dialog().getByText('has not been loaded yet').waitFor()
    await page.unroute(menus)
    await page.getByRole('menu').waitFor()
  })

  const pages: [string, RegExp][] = [
    ['/tenants', /^Tenants/],
    ['/tenants/ten_0001', /^Tenant 1/],
    ['/users/usr_0001', /^person1@example\.com/],
    ['/sessions', /^Sessions/],
    [`/sessions/${'x'}`, /^Session on Tenant 1/],
    ['/approvals', /^Approvals/],
    ['/audit', /^Audit/],
    ['/insights', /^Insights/],
  ]
  it('every page says from when what it shows is, none that it streams, and each is whole again by itself', async () => {
    for (const [path, title] of pages) {
      await visit(path.replace('x', onUser))
      await page.waitForFunction((name) => new RegExp(name).test(document.title), title.source)
    }
    await page
      .getByText(/^connecting\b/)
      .first()
      .waitFor({ state: 'detached' })
    await cut()
    for (const [path] of pages.toReversed()) {
      await page.evaluate((to) => history.pushState(null, '', to), path.replace('x', onUser))
      await line().waitFor()
      // What was not read before is not there; what was says how old it is.
      await page
        .getByText(/^stale · as of \d\d:\d\d:\d\d$|^The server does not answer\.$|has not been loaded yet/)
        .first()
        .waitFor()
      expect(await page.getByText(/^streaming/).count(), path).toBe(0)
    }
    await page.context().setOffline(false)
    await line().waitFor({ state: 'detached', timeout: 30_000 })
    await page.getByRole('heading', { name: 'Tenants' }).waitFor()
    await rowsOf(page, 'Tenants').first().waitFor()
    await page.getByText('streaming').first().waitFor()
    expect(await page.getByText(/^stale|could not be read/).count()).toBe(0)
  })

  it('lists come back by themselves from a server that was killed and started anew', async () => {
    await page.context().setOffline(false)
    await visit('/sessions')
    const rows = rowsOf(page, 'Support sessions')
    await rows.first().waitFor()
    const before = await rows.count()
    await rig.stop()
    await line().waitFor()
    expect(await rows.count()).toBe(before)
    const { database, config } = rig
    again = await serve({
      config,
      databaseUrl: database.appUrl,
      eraserUrl: database.eraserUrl,
      keys: database.keys,
      log: pino({ level: 'silent' }),
    })
    await json(rob.send('POST', '/api/sessions', { tenant_id: 'ten_0003', reason: 'Opened after the program came back' }), 201)
    await rows.filter({ hasText: 'Opened after the program came back' }).waitFor()
    await line().waitFor({ state: 'detached' })
  })

  it('no page complained', () => expect(browser.complaints).toEqual([]))
})
