import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { seededPassword, seededTotpSecret } from '../../examples/acme/src/seed/people.ts'
import type { Chromium } from '../support/chromium.ts'
import { openProfile } from '../support/profile.ts'
import { type AcmeRig, assertionClaims, newIssuer, signIn, startAcme, totpNow } from './rig.ts'

let acme: AcmeRig

beforeAll(async () => {
  acme = await startAcme()
})
afterAll(() => acme?.stop())

const eve = { sub: 'usr_eve_globex' }
const pages = [
  ['/dashboard', 'tenant:read'],
  ['/settings', 'tenant:read'],
  ['/attestations', 'attestations:read'],
  ['/attestations/new', 'attestations:read'],
  ['/members', 'members:read'],
  ['/members/usr_eve_globex', 'members:read'],
  ['/billing', 'billing:read'],
  ['/notifications', 'notifications:read'],
] as const

const attestationOf = async (tenantId: string) =>
  (
    await acme.sql<{ id: string; note: string | null }>(`SELECT id, note FROM attestations WHERE tenant_id = $1 ORDER BY id LIMIT 1`, [
      tenantId,
    ])
  )[0]
const unreadOf = async (userId: string) =>
  (await acme.sql<{ id: string }>('SELECT id FROM notifications WHERE user_id = $1 AND read_at IS NULL ORDER BY id', [userId])).map(
    ({ id }) => id,
  )
const sessionsOf = (userId: string) => acme.sql('SELECT * FROM session WHERE "userId" = $1 ORDER BY id', [userId])

/** A form, sent as a browser in a support session would. */
const submit = async (path: string, scope: string, fields: Record<string, string>) =>
  fetch(acme.url + path, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'countersign-assertion': await acme.issuer.sign(assertionClaims('POST', path, { ...eve, scope })),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams(fields),
  })

describe("the product's pages in a support session", () => {
  for (const [path, scope] of pages)
    it(`show ${path} as eve sees it, to ${scope} alone`, async () => {
      const page = await acme.support('GET', path, { scope, claims: eve })
      expect(page.status).toBe(200)
      const text = await page.text()
      for (const said of ['Support is looking', 'rob@vendor.example', 'Eve Rourke', 'Globex']) expect(text).toContain(said)
      const other = await acme.support('GET', path, { scope: 'exports:read', claims: eve })
      expect(other.status).toBe(403)
      expect(await other.text()).toContain(`this route needs the scope ${scope}`)
    })

  it('lead from the front door to the dashboard', async () => {
    const answer = await acme.support('GET', '/', { scope: 'tenant:read', claims: eve })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/dashboard'])
  })

  it('about a tenant alone show it as nobody in particular', async () => {
    const text = await (await acme.support('GET', '/notifications', { scope: 'notifications:read' })).text()
    expect(text).toContain('for Globex, as nobody in particular')
    expect(text).not.toContain('class="who"')
  })

  it("never show another tenant's, and say so as a page", async () => {
    const theirs = await attestationOf('ten_initech')
    const page = await acme.support('GET', `/attestations/${theirs?.id}`, { scope: 'attestations:read', claims: eve })
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8'])
    expect(await page.text()).toContain('no such attestation')
  })

  it('are judged by the assertion alone: a bad one beside a good sign-in is refused, and signs nobody in', async () => {
    const impostor = await newIssuer()
    const cookie = await signIn(acme.url, 'eve@globex.example', seededPassword)
    const forged = await impostor.sign(assertionClaims('GET', '/dashboard', { ...eve, scope: 'tenant:read' }))
    const page = await fetch(`${acme.url}/dashboard`, { redirect: 'manual', headers: { 'countersign-assertion': forged, cookie } })
    expect(page.status).toBe(401)
    await impostor.close()
  })

  it("C43 lie over eve's own session and never touch it", async () => {
    const cookie = await signIn(acme.url, 'eve@globex.example', seededPassword)
    const before = await sessionsOf(eve.sub)
    for (const [path, scope] of pages) await acme.support('GET', path, { scope, claims: eve })
    expect(await sessionsOf(eve.sub)).toEqual(before)
    const own = await (await fetch(`${acme.url}/dashboard`, { headers: { cookie } })).text()
    expect(own).not.toContain('Support is looking')
  })

  it('save a note with the scope for it, as support and with a redirect', async () => {
    const one = await attestationOf('ten_globex')
    const path = `/attestations/${one?.id}`
    const refused = await submit(path, 'attestations:read', { note: 'by support' })
    expect(refused.status).toBe(403)
    expect((await attestationOf('ten_globex'))?.note).toBeNull()
    const saved = await submit(path, 'attestations:write', { note: 'by support' })
    expect([saved.status, saved.headers.get('location')]).toEqual([303, path])
    expect((await attestationOf('ten_globex'))?.note).toBe('by support')
    const [trace] = await acme.sql<{ actor: string }>(`SELECT actor FROM activity WHERE action = 'attestation.noted' AND subject = $1`, [
      one?.id,
    ])
    expect(trace?.actor).toBe('support:rob@vendor.example')
  })

  it('take no form of a person without the token of their own page', async () => {
    const answer = await fetch(`${acme.url}/attestations`, {
      method: 'POST',
      headers: {
        cookie: await signIn(acme.url, 'eve@globex.example', seededPassword),
        origin: acme.url,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'subject=Router&kind=device&valid_days=1',
    })
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('this form is not one of ours')
  })

  it('mark a notification as read when it is opened, which needs the scope to write', async () => {
    const [id] = await unreadOf(eve.sub)
    const path = `/notifications/${id}`
    expect((await acme.support('GET', path, { scope: 'notifications:read', claims: eve })).status).toBe(403)
    expect(await unreadOf(eve.sub)).toContain(id)
    expect((await acme.support('GET', path, { scope: 'notifications:write', claims: eve })).status).toBe(200)
    expect(await unreadOf(eve.sub)).not.toContain(id)
  })

  for (const path of ['/settings/password', '/settings/email', '/settings/mfa', '/settings/delete', '/sign-out'])
    it(`never take ${path}, whatever the scopes`, async () => {
      const answer = await submit(path, 'tenant:read attestations:write', { password: seededPassword, email: 'x@y.example' })
      expect(answer.status).toBe(403)
      expect(await answer.text()).toContain('closed to support sessions')
    })

  it("tell who is here by WebSocket: eve is shown support's presence, and another site is shown nothing", async () => {
    const url = `${acme.url.replace('http', 'ws')}/v1/presence`
    const own = new WebSocket(url, { headers: { origin: acme.url, cookie: await signIn(acme.url, 'eve@globex.example', seededPassword) } })
    const heard = async () => JSON.parse(String((await once(own, 'message'))[0])) as unknown
    expect(await heard()).toEqual({ here: ['Eve Rourke'] })
    const assertion = await acme.issuer.sign(assertionClaims('GET', '/v1/presence', { ...eve, scope: 'activity:read' }))
    const next = heard()
    const supporting = new WebSocket(url, { headers: { 'countersign-assertion': assertion } })
    expect(await next).toEqual({ here: ['Eve Rourke', 'Acme support'] })
    const alone = heard()
    supporting.close()
    expect(await alone).toEqual({ here: ['Eve Rourke'] })
    own.close()
    const elsewhere = new WebSocket(url, { headers: { origin: 'https://evil.example' } })
    expect(String((await once(elsewhere, 'error'))[0])).toContain('403')
  })
})

describe('its static files', () => {
  const paths = async () =>
    [...(await (await fetch(`${acme.url}/sign-in`)).text()).matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')

  it('have their content in their name, stay for good, and are not sent twice', async () => {
    const found = await paths()
    expect(found.length).toBeGreaterThan(2)
    for (const path of found) {
      const file = await fetch(acme.url + path)
      expect([file.status, file.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable'])
      const again = await fetch(acme.url + path, { headers: { 'if-none-match': file.headers.get('etag') ?? '' } })
      expect(again.status).toBe(304)
    }
    expect((await fetch(`${acme.url}/assets/acme.css`)).status).toBe(404)
  })

  it('are all that may be kept: pages are not', async () => {
    expect((await fetch(`${acme.url}/sign-in`)).headers.get('cache-control')).toBe('no-store')
  })
})

describe('the product in a browser', () => {
  let browser: Chromium
  beforeEach(async () => {
    browser = await openProfile()
  })
  afterEach(async () => {
    expect(browser.complaints).toEqual([])
    await browser.close()
  })
  const enter = async (to = '') => {
    const { page } = browser
    await page.goto(`${acme.url}/attestations${to}`)
    await page.getByLabel('E-mail', { exact: true }).fill('eve@globex.example')
    await page.getByLabel('Password').fill(seededPassword)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByLabel('Code of your authenticator').fill(totpNow(seededTotpSecret))
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('heading', { name: 'Attestations' }).waitFor()
  }

  it('signs eve in, filters without loading again, scrolls on, issues, notes, and signs out', async () => {
    const { page } = browser
    await enter('?status=valid')
    await page.getByRole('link', { name: 'revoked' }).click()
    await page.waitForURL(/status=revoked/)
    await page.locator('[data-swap][aria-current]', { hasText: 'revoked' }).waitFor()
    await page.goBack()
    await page.locator('[data-swap][aria-current]', { hasText: 'valid' }).waitFor()
    const rows = page.locator('tbody tr')
    expect(await rows.count()).toBe(50)
    await rows.last().scrollIntoViewIfNeeded()
    await expect.poll(() => rows.count()).toBeGreaterThan(50)

    await page.getByRole('link', { name: 'New attestation' }).click()
    await page.getByLabel('What it is about').fill('Router R-7')
    await page.getByRole('button', { name: 'Issue' }).click()
    await page.getByRole('heading', { name: 'Router R-7' }).waitFor()
    await page.getByLabel('For Globex alone').fill('<b>in the attic</b>')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => page.getByLabel('For Globex alone').inputValue()).toBe('<b>in the attic</b>')
    await page.getByLabel('Why').fill('was lost')
    await page.getByRole('button', { name: 'Revoke' }).click()
    await page.getByText(/was lost/).waitFor()

    await page.getByRole('link', { name: 'Dashboard' }).click()
    await page.locator('#feed li', { hasText: 'attestation revoked' }).first().waitFor()
    await page.locator('#chart rect').first().waitFor({ state: 'attached' })
    await page.getByText('Only you are here').waitFor()
    await page.getByRole('link', { name: 'Dark' }).click()
    await page.locator('html[data-theme=dark]').waitFor()
    await page.getByRole('link', { name: 'Members', exact: true }).click()
    await page.locator('.people img[src]').first().waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect((await page.goto(`${acme.url}/dashboard`))?.url()).toContain('/sign-in')
  })

  it('fits a phone', async () => {
    const { page } = browser
    await enter()
    await page.setViewportSize({ width: 390, height: 844 })
    for (const [path] of pages) {
      await page.goto(acme.url + path)
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(390)
    }
  })

  it('marks what is opened as read, and the rest at once; the settings do what they say', async () => {
    const { page } = browser
    await acme.sql('UPDATE notifications SET read_at = NULL WHERE user_id = $1', [eve.sub])
    await enter()
    await page.getByRole('link', { name: 'Notifications' }).click()
    await page.getByRole('button', { name: 'Mark all as read' }).click()
    await page.locator('#unread').waitFor({ state: 'detached' })
    expect(await unreadOf(eve.sub)).toEqual([])
    await page.getByRole('link', { name: 'Settings' }).click()
    const form = page.locator('form[action="/settings/email"]')
    await form.getByLabel('Address').fill('eve.rourke@globex.example')
    await form.getByLabel('Your password').fill('wrong, wrong, wrong')
    await form.getByRole('button').click()
    await page.getByRole('heading', { name: 'That did not work' }).waitFor()
    await page.goBack()
    await form.getByLabel('Address').fill('eve.rourke@globex.example')
    await form.getByLabel('Your password').fill(seededPassword)
    await form.getByRole('button').click()
    await page.getByText('Your e-mail address is changed.').waitFor()
  })
})
