import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { splitInert } from '../../console/src/ui/inert.ts'
import { signIn, type Visitor } from '../support/browser.ts'
import type { Chromium } from '../support/chromium.ts'
import { newPerson, newTenant, type Person } from '../support/directory.ts'
import { asReason, asTarget, cut, hostileTexts, packed } from '../support/hostile.ts'
import { isLong } from '../support/long.ts'
import { settle } from '../support/person.ts'
import { openProfile } from '../support/profile.ts'
import { rawRequest, sendRaw } from '../support/raw.ts'
import { type Rig, startRig } from '../support/rig.ts'
import { setTripwire, type Tripwire } from '../support/tripwire.ts'

const texts = hostileTexts()
const at = (n: number): string => texts[n % texts.length] as string
const number = (n: number) => String(n).padStart(4, '0')
/** The same texts, several at once, as far as a tenant's name reaches. */
const packs = packed(texts, 1000)
const chunks = Array.from({ length: Math.ceil(texts.length / 400) }, (_, n) => texts.slice(n * 400, n * 400 + 400))

/** A text as the page has it: with marks in the place of what cannot be seen. */
const shown = (text: string): string =>
  splitInert(text.toWellFormed().replaceAll('\0', '\ufffd'))
    .map((piece) => (piece.kind === 'text' ? piece.text : piece.label))
    .join('')

const person = (n: number, members: Partial<Person> = {}): Person => {
  const made = newPerson(n, 'ten_users', { email: cut(at(n), 320), name: cut(at(n + 1), 1000), role: cut(at(n + 2), 200) })
  made.user.id = `usr_h${String(Math.floor(n / 30)).padStart(3, '0')}_${number(n)}`
  return { ...made, ...members }
}

const panes = chunks.map(
  (chunk, n): Person => ({
    user: { ...person(n).user, id: `usr_pane_${n}` },
    factors: packed(chunk, 500)
      .slice(0, 100)
      .map((label, i) => ({ id: `fac_${i}`, kind: 'other', label, enrolled_at: null, last_used_at: null })),
    sessions: chunk.map((device, i) => ({
      id: `sess_${i}`,
      device: cut(device, 500),
      ip: cut(at(i + 1), 100),
      place: cut(at(i + 2), 200),
      created_at: '2026-01-02T00:00:00.000Z',
      last_seen_at: null,
      expires_at: null,
    })),
  }),
)

let rig: Rig
let browser: Chromium
let wire: Tripwire
let rob: Visitor
const sessions: { id: string; token: string }[] = []

beforeAll(async () => {
  rig = await startRig()
  const updated_at = '2026-06-01T00:00:00.000Z'
  rig.directory.world = {
    tenants: [
      newTenant(1, { id: 'ten_users', name: 'Tenant of all the users', updated_at }),
      ...texts.map((name, n) =>
        newTenant(n, {
          id: `ten_h${number(n)}`,
          name: cut(name, 1000),
          plan: cut(at(n + 1), 200),
          region: cut(at(n + 2), 200),
          updated_at,
        }),
      ),
      ...packs.map((name, n) => newTenant(n, { id: `ten_p${number(n)}`, name, plan: cut(name, 200), region: cut(name, 200), updated_at })),
    ],
    people: [...texts.map((_, n) => person(n)), ...panes],
  }
  rob = await signIn(rig.console_url, 'rob')
  await vi.waitFor(
    async () => {
      const { total } = (await (await rob.get('/api/tenants?limit=1')).json()) as { total: number }
      if (total <= texts.length + packs.length) throw new Error(`${total} tenants are known so far`)
    },
    { timeout: 60_000, interval: 200 },
  )
  for (const [n, text] of packs.entries()) {
    const answer = await rob.send('POST', '/api/sessions', { tenant_id: `ten_p${number(n)}`, reason: asReason(text), ticket: 'SUP-4831' })
    expect(answer.status).toBe(201)
    const { session, token } = (await answer.json()) as { session: { id: string }; token: string }
    sessions.push({ id: session.id, token })
  }
  browser = await openProfile()
  wire = await setTripwire(browser, new URL(rig.console_url).origin)
  await signInAsRob()
}, 120_000)

const signInAsRob = async (): Promise<void> => {
  const { page } = browser
  await page.goto(`${rig.console_url}/sign-in`)
  await page.getByRole('link', { name: /rob@vendor\.example/ }).click()
  await page.waitForURL(`${rig.console_url}/tenants`)
}

afterAll(async () => {
  await browser?.close()
  await rig?.close()
})

/** Holds after every test, whatever it showed. */
afterEach(async () => {
  expect(await wire.foreign()).toEqual([])
  expect(wire.tripped).toEqual([])
})

/** Goes to another page without loading the console again. */
const go = async (path: string): Promise<void> => {
  await browser.page.evaluate((to) => history.pushState(null, '', to), path)
  await browser.page.waitForFunction(() => !document.querySelector('#main [aria-busy=true], #main .skeleton'))
}

/** Loads a page from its address, so that nothing of the one before is left. */
const load = async (path: string): Promise<void> => {
  await browser.page.goto(`${rig.console_url}${path}`)
  await settle(browser.page)
}

/** Every text of others that is in the document now. */
const textsHere = (within = 'body'): Promise<string[]> =>
  browser.page.evaluate((root) => [...document.querySelectorAll(`${root} bdi`)].map((element) => element.textContent ?? ''), within)

/** Scrolls through everything until all of them have been seen as text. */
const seeAll = async (wanted: readonly string[]): Promise<void> => {
  const missing = new Set(wanted)
  await expect
    .poll(
      async () => {
        for (const text of await textsHere()) missing.delete(text)
        await browser.page.evaluate(
          () =>
            new Promise((resolve) => {
              const main = document.getElementById('main') as HTMLElement
              const isEnd = main.scrollTop + main.clientHeight >= main.scrollHeight - 1
              // From the top again: more may have been loaded, and a busy machine may have skipped rows.
              main.scrollTo(0, isEnd ? 0 : main.scrollTop + main.clientHeight - 150)
              requestAnimationFrame(() => requestAnimationFrame(resolve))
            }),
        )
        return missing.size
      },
      { timeout: 90_000, interval: 0 },
    )
    .toBe(0)
}

const seeDialog = async (name: string): Promise<void> => {
  const { page } = browser
  await page.getByRole('button', { name: 'Create Support Session' }).first().click()
  await page.getByRole('dialog').getByLabel('Reason').waitFor()
  expect(await textsHere('dialog')).toContain(name)
  expect(await wire.foreign()).toEqual([])
  await page.keyboard.press('Escape')
}

/** Opens one of the newest events of the audit at the side, and answers its place in the log. */
const openEvent = async (row: number): Promise<{ log_index: number }> => {
  const { page } = browser
  await page.locator(`table[aria-label=Events] tr[data-row="${row}"] td`).first().click()
  const panel = page.getByRole('complementary', { name: /^Event / })
  await panel.getByText('canonical entry below').waitFor()
  expect(await wire.foreign()).toEqual([])
  return { log_index: Number((await panel.getAttribute('aria-label'))?.split(' ')[1]) }
}

describe(`XS-1 I14 what others wrote is text: ${texts.length} hostile texts`, () => {
  it('XS-1 in the rows of all tenants: name, plan and region', async () => {
    await go('/tenants')
    await seeAll(texts.flatMap((text) => [cut(text, 1000), cut(text, 200)]).map(shown))
  })

  it('XS-1 in the users of a tenant: address, name and role', async () => {
    await go('/tenants/ten_users?tab=users')
    await seeAll(texts.flatMap((text) => [cut(text, 320), cut(text, 200)]).map(shown))
  })

  it('XS-1 in what a search of users finds', async () => {
    const { page } = browser
    for (let bucket = 0; bucket * 30 < texts.length; bucket++) {
      await go(`/users?query=usr_h${String(bucket).padStart(3, '0')}`)
      const members = texts.slice(bucket * 30, bucket * 30 + 30)
      await page
        .getByRole('status')
        .filter({ hasText: members.length < 30 ? `${members.length} user` : 'First 30' })
        .waitFor()
      await seeAll(members.map((text) => shown(cut(text, 320))))
    }
  })

  it('XS-1 in the pane of a user: factors, devices, addresses and places', async () => {
    const { page } = browser
    for (const [n, pane] of panes.entries()) {
      await go(`/users/usr_pane_${n}`)
      await page.getByRole('heading', { name: 'Sessions in the product' }).waitFor()
      const here = new Set(await textsHere())
      for (const { label } of pane.factors) expect(here).toContain(shown(label as string))
      for (const { device, ip, place } of pane.sessions)
        for (const text of [device, ip, place]) expect(here).toContain(shown(text as string))
      await seeDialog(shown(pane.user.email))
    }
  })

  it('XS-1 XS-2 in the heading, the facts, the tabs, the title and the dialogs of a tenant', async () => {
    const { page } = browser
    for (const [n, name] of packs.entries()) {
      await go(`/tenants/ten_p${number(n)}`)
      await expect.poll(() => textsHere('h1')).toEqual([shown(name)])
      if (n % 4 === 0) await seeDialog(shown(name))
      await page.getByText('What has happened here').waitFor()
      await page.locator('#main').getByText('Customer pasted').first().waitFor()
      expect(await wire.foreign()).toEqual([])
    }
    for (const tab of ['users', 'sessions', 'audit']) await go(`/tenants/ten_p0003?tab=${tab}`)
  })

  it('XS-1 XS-6 in sessions, their pages, the confirmation and the toast', async () => {
    const { page } = browser
    await go('/sessions')
    await seeAll(packs.map((name) => shown(asReason(name))))
    for (const [n, { id }] of sessions.entries()) {
      await go(`/sessions/${id}`)
      await expect.poll(() => textsHere('h1')).toEqual([shown(packs[n] as string)])
      expect(await textsHere('#main')).toContain(shown(asReason(packs[n] as string)))
    }
    const last = packs.length - 1
    await page.getByRole('button', { name: 'Revoke Session' }).click()
    await page
      .getByRole('dialog')
      .getByLabel('Reason')
      .fill(asReason(at(3)))
    expect(await textsHere('dialog')).toContain(shown(packs[last] as string))
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke Session' }).click()
    const toast = page.getByRole('region', { name: /^Notes/ })
    await toast.getByText('Session revoked').waitFor()
    expect(await textsHere('[role=region][aria-label^=Notes]')).toEqual([shown(packs[last] as string)])
    await expect.poll(() => textsHere('#main')).toContain(shown(asReason(at(3))))
  })

  it('XS-3 in the access log: whatever a request line says', async () => {
    const { page } = browser
    const { id, token } = sessions[0] as { id: string; token: string }
    const port = Number(new URL(rig.gateway_url).port)
    const headers = [`Host: localhost:${port}`, `Authorization: Bearer ${token}`, 'Connection: close']
    const paths = texts.map((text) => asTarget(cut(text, 300))).filter(Boolean)
    const asked = paths.filter((_, n) => n % 7 === 0).slice(0, 60)
    for (const [n, path] of asked.entries()) {
      const encoded = encodeURIComponent(at(n * 7).toWellFormed())
        .slice(0, 300)
        .replace(/%.?$/, '')
      await sendRaw(port, rawRequest(`GET /v1/reports/${path} HTTP/1.1`, [...headers, `X-Request-Id: ${path.slice(0, 60)}`]))
      await sendRaw(port, rawRequest(`GET /v1/reports/${encoded} HTTP/1.1`, headers))
      await sendRaw(port, rawRequest(`GET /v1/reports?q=${encoded} HTTP/1.1`, headers))
    }
    await vi.waitFor(async () => {
      const { pending } = (await (await rob.get('/api/log')).json()) as { pending: number }
      if (pending > 0) throw new Error(`${pending} events are on their way into the log`)
    })
    await go(`/sessions/${id}`)
    const logged = (await (await rob.get(`/api/sessions/${id}/access-log?limit=200`)).json()) as { items: { path: string }[] }
    expect(logged.items.length).toBeGreaterThan(asked.length)
    await seeAll(logged.items.map(({ path }) => shown(path)))
    await go(`/sessions/${id}?tab=events`)
    await page.getByRole('table', { name: 'Events' }).locator('tbody tr[data-row]').first().waitFor()
  })

  it('XS-1 XS-5 in the audit, its open events, and what arrives while it is open', async () => {
    const { page } = browser
    await page.mouse.move(2, 300)
    await go('/audit?tenant_id=ten_p0001')
    await page.getByText('streaming', { exact: false }).first().waitFor()
    await rob.get('/api/tenants/ten_p0001')
    await expect.poll(async () => (await textsHere('table')).filter((text) => text === shown(packs[1] as string)).length).toBeGreaterThan(1)
    await go('/audit')
    // The rows of the page before have gone.
    await page.getByRole('button', { name: 'Remove filter Tenant' }).waitFor({ state: 'detached' })
    await settle(page)
    const { log_index: newest } = await openEvent(0)
    for (let n = 1; n < packs.length; n++) await openEvent(n)
    expect(newest).toBeGreaterThan(packs.length)
    await page.keyboard.press('Escape')
    await seeAll(packs.map((name) => shown(name)))
  })

  it('XS-1 in the palette and the tips', async () => {
    const { page } = browser
    await go('/tenants')
    for (const query of ['ten_h000', 'ten_p000', 'usr_h000', 'usr_h003']) {
      await page.keyboard.press('Control+k')
      await page.getByRole('dialog', { name: 'Search and commands' }).getByRole('combobox').fill(query)
      await expect.poll(async () => (await textsHere('dialog')).length).toBeGreaterThan(4)
      await page
        .getByRole('option', { name: 'Create Support Session on' })
        .or(page.getByRole('option', { name: 'Search users' }))
        .first()
        .waitFor()
      expect(await wire.foreign()).toEqual([])
      await page.keyboard.press('Escape')
      await page.keyboard.press('Escape')
    }
    await go('/tenants?query=ten_p0002')
    await page.locator('tr[data-row] a[data-cut]').first().hover()
    await expect.poll(() => textsHere('[popover]')).toEqual([shown(packs[2] as string)])
  })

  it('XS-7 in addresses: what a link of somebody else asks for', async () => {
    const { page } = browser
    const links = texts.filter((_, n) => n % (isLong ? 31 : 93) === 0).map((text) => encodeURIComponent(cut(text.toWellFormed(), 200)))
    for (const link of links) {
      for (const path of [
        `/tenants?query=${link}`,
        `/users?ticket=${link}`,
        `/audit?ticket=${link}&target_id=${link}`,
        `/sessions?tenant_id=${link}`,
      ])
        await go(path)
      expect(await wire.foreign()).toEqual([])
    }
    for (const link of links.slice(0, 8)) {
      await page.goto(`${rig.console_url}/users?query=${link}&ticket=${link}`)
      await page.getByRole('searchbox').last().waitFor()
      await page.goto(`${rig.console_url}/tenants/${link}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
      expect(await wire.foreign()).toEqual([])
    }
  })

  it('XS-7 signing in leads to no other place than this console', async () => {
    const { page } = browser
    for (const to of [
      'https://elsewhere.example/',
      '//elsewhere.example/',
      '/\\elsewhere.example',
      'javascript:__tripped(1)',
      '/%09/elsewhere.example',
    ]) {
      await browser.context.clearCookies()
      await page.goto(`${rig.console_url}/sign-in?return_to=${encodeURIComponent(to)}`)
      await page.getByRole('link', { name: /rob@vendor\.example/ }).click()
      await page
        .getByRole('button', { name: /Account of/ })
        .or(page.getByText('There is nothing at this address'))
        .or(page.getByText('The request does not have the expected form.'))
        .first()
        .waitFor()
      expect(new URL(page.url()).origin).toBe(new URL(rig.console_url).origin)
    }
    await signInAsRob()
  })

  it('XS-1 shows marks for what cannot be seen or turns what can, with names for them', async () => {
    const { page } = browser
    const of = async (text: string) => {
      await go(`/tenants/ten_h${number(texts.indexOf(text))}`)
      await expect.poll(() => textsHere('h1')).toEqual([shown(text)])
      return page.locator('h1 [role=img]').evaluateAll((marks) => marks.map((mark) => mark.getAttribute('aria-label')))
    }
    expect(await of('\u202egpj.exe')).toEqual(['U+202E right-to-left override'])
    expect(await of('adm\u200bin')).toEqual(['U+200B zero width space'])
    expect(await of('ad\u200dm\u200cin\u2060')).toEqual(['U+200D zero width joiner', 'U+200C zero width non-joiner', 'U+2060 word joiner'])
    expect(await of('\u001b[2J\u001b[31mred\u001b[0m')).toEqual(Array(3).fill('U+001B escape'))
    expect(await of('\ufeffadmin')).toEqual(['U+FEFF byte order mark'])
    expect(await of('first\r\nSet-Cookie: a=b')).toEqual(['U+000D carriage return', 'U+000A line feed'])
    expect(await of(`a${'\u0301'.repeat(100)}`)).toEqual(['96 more combining marks'])
    expect(await of('نقابة المهندسين')).toEqual([])
    expect(await page.locator('h1 bdi').evaluate((element) => getComputedStyle(element).unicodeBidi)).toMatch(/isolate/)
  })

  it('XS-1 fits a phone: nothing is wider than the screen, with names of 1,000 characters', async () => {
    const { page } = browser
    await page.setViewportSize({ width: 390, height: 844 })
    await go('/tenants')
    await seeAll(texts.map((text) => shown(cut(text, 1000))))
    expect(await wire.sideways()).toBe(0)
    const longest = texts.map((text, n) => ({ text, n })).filter(({ text }) => text.length >= 500)
    expect(longest.length).toBeGreaterThan(5)
    for (const { n } of longest.filter((_, i) => isLong || i % 3 === 0)) {
      for (const path of [
        `/tenants/ten_h${number(n)}`,
        `/users?query=usr_h${String(Math.floor(n / 30)).padStart(3, '0')}`,
        `/users/${person(n).user.id}`,
      ]) {
        await load(path)
        await expect.poll(async () => [path, await wire.sideways()]).toEqual([path, 0])
      }
    }
    for (const path of [
      `/sessions/${sessions[0]?.id}`,
      '/sessions',
      '/audit',
      '/tenants/ten_p0002?tab=sessions',
      '/tenants/ten_p0002?tab=audit',
    ]) {
      await load(path)
      await expect.poll(async () => [path, await wire.sideways()]).toEqual([path, 0])
    }
    await load(`/tenants/ten_h${number(longest[0]?.n ?? 0)}`)
    await page.getByRole('toolbar').getByRole('button', { name: 'Create Support Session' }).click()
    await page.getByRole('dialog').getByLabel('Reason').waitFor()
    expect(await wire.sideways()).toBe(0)
  })
})

it('XS-1 knows what it looks for: each of the things it forbids is noticed', async () => {
  const other = await openProfile()
  try {
    const probe = await setTripwire(other, 'http://console.test')
    const body = `<div id=root></div><img src=x onerror=__tripped(1)><svg onload=alert(1)></svg><iframe srcdoc="<script>parent.__tripped(2)</script>"></iframe>
      <a href="javascript:1">x</a><a href="http://elsewhere.example" target=_blank>y</a><form action=/x></form><img src=http://elsewhere.example/p.png>
      <p style="width:5000px">wide</p>`
    await other.context.route('**/*', (route) =>
      route.fulfill({ contentType: 'text/html', body: route.request().url() === 'http://console.test/' ? body : '' }),
    )
    await other.page.goto('http://console.test/')
    await expect
      .poll(() => probe.tripped)
      .toEqual(
        expect.arrayContaining([
          'ran: 1',
          'ran: 2',
          'ran: alert',
          'request to http://elsewhere.example/p.png',
          expect.stringContaining('navigation to about:srcdoc'),
        ]),
      )
    const foreign = (await probe.foreign()).join('\n')
    for (const what of ['<iframe', 'onerror on <img', 'onload on <svg', 'link to javascript:1', 'without noopener', '<form action'])
      expect(foreign).toContain(what)
    expect(await probe.sideways()).toBeGreaterThan(1000)
    await other.context.unroute('**/*')
    await other.context.route('**/*', (route) =>
      route.fulfill({
        contentType: 'text/html',
        headers: { 'content-security-policy': "script-src 'self'" },
        body: '<div id=root></div><script>1</script>',
      }),
    )
    await other.page.goto('http://console.test/again')
    await expect.poll(() => probe.tripped.some((what) => what.startsWith('ran: violation of script-src'))).toBe(true)
  } finally {
    await other.close()
  }
})
