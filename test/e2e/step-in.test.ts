import { availableParallelism, loadavg } from 'node:os'
import type { FrameLocator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededPassword } from '../../examples/acme/src/seed/people.ts'
import { signIn as signInAtAcme } from '../acme/rig.ts'
import { signIn, type Visitor } from '../support/browser.ts'
import { type Chromium, openChromium } from '../support/chromium.ts'
import { fillFolder, newFolder } from '../support/embedded.ts'
import { type Program, startProgram } from '../support/program.ts'
import { until } from '../support/until.ts'

/** How much longer things may take where others use the machine: the limits are those of one that is free. */
const share = () => Math.max(1, (loadavg()[0] as number) / availableParallelism())

const dataDir = newFolder()
let program: Program
let browser: Chromium
let page: Page
let frame: FrameLocator
let rob: Visitor
/** Eve's own sign-in at Acme, made before anybody steps in. */
let eve: string

beforeAll(async () => {
  await fillFolder(dataDir.path)
  program = await startProgram(dataDir.path, { ACME_TRAFFIC: '0' })
  browser = await openChromium()
  page = browser.page
  frame = page.frameLocator('iframe[title^="Acme Attest as"]')
  rob = await signIn(program.console, 'rob')
  eve = await signInAtAcme(program.example, 'eve@globex.example', seededPassword)
})
afterAll(async () => {
  await browser?.close()
  await program?.stop()
  dataDir.remove()
})

/** A page of Acme as eve sees it, signed in as herself: what Acme's database holds. */
const asEve = async (path: string): Promise<string> => {
  const answer = await fetch(`${program.example}${path}`, { headers: { cookie: eve } })
  expect(answer.status).toBe(200)
  return await answer.text()
}
type Item = { action: string; actor: { email?: string }; target?: { label?: string }; ticket?: string; session_id?: string; code?: string }
const audit = async (query: string): Promise<Item[]> =>
  ((await (await rob.get(`/api/audit?limit=200&${query}`)).json()) as { items: Item[] }).items
const sessionId = () => new URL(page.url()).pathname.split('/')[2] as string
const record = () => page.getByRole('complementary', { name: 'Record' })
const refused = (sentence: RegExp) => record().getByRole('listitem').getByText(sentence).first().waitFor()

describe('stepping in, in the whole program and a real browser', () => {
  it('M21 leads from a ticket to the product as eve by two keys, in ten seconds; the link alone looks nobody up', async () => {
    await page.goto(`${program.console}/go?ticket=SUP-4831&user=eve%40globex.example`)
    await page.getByRole('link', { name: /rob@vendor\.example/ }).click()
    await page.waitForURL(`${program.console}/go?ticket=SUP-4831&user=eve%40globex.example`)
    await page.getByRole('button', { name: 'Look up the user' }).waitFor()
    expect(await page.getByLabel('User', { exact: true }).inputValue()).toBe('eve@globex.example')
    const isLookUp = ({ action }: Item) => action === 'USER.SEARCHED' || action === 'CONSOLE.OPENED'
    expect((await audit('')).filter(isLookUp)).toEqual([])

    const began = performance.now()
    await page.keyboard.press('Enter')
    await page.getByText('read-only by default').waitFor()
    await page.getByText('Look into ticket SUP-4831').waitFor()
    await page.waitForFunction(() => document.activeElement?.textContent?.startsWith('Step in'))
    await page.keyboard.press('Enter')
    await frame.getByRole('heading', { name: 'Dashboard' }).waitFor()
    expect(performance.now() - began).toBeLessThan(10_000 * share())
    await page.getByRole('heading', { name: 'You see what eve@globex.example sees' }).waitFor()
    for (const text of ['Globex', 'read-only', 'SUP-4831'])
      await page.getByRole('region', { name: 'Stepped in' }).getByText(text).first().waitFor()
  })

  it('A9 A22 C44 refuses what would change something, in words, and Acme has nothing of it', async () => {
    await frame.getByRole('link', { name: 'Attestations' }).first().click()
    await frame.getByRole('heading', { name: 'Attestations' }).waitFor()
    await frame.locator('tbody a').first().click()
    await frame.getByRole('heading', { name: 'Statement' }).waitFor()
    // The record says where the page inside is: the address line and the console's own address follow it.
    const path = await until(async () => (await page.getByLabel('Path').inputValue()).match(/^\/attestations\/[^/]+$/)?.[0])
    const before = await asEve(path)
    await frame.getByLabel(/it is no part of what is signed/).fill('Changed by support')
    await frame.getByRole('button', { name: 'Save' }).click()
    await refused(/^The page tried to save the note on an attestation: .*(?:scopes|kind)/)
    const after = await asEve(path)
    expect(after).not.toContain('Changed by support')
    expect(after.match(/<textarea.*<\/textarea>/s)?.[0]).toBe(before.match(/<textarea.*<\/textarea>/s)?.[0])

    const unread = (await asEve('/notifications')).split('unread').length
    expect(unread).toBeGreaterThan(1)
    await page.getByLabel('Path').fill('/notifications')
    await page.keyboard.press('Enter')
    await frame.getByRole('heading', { name: 'Notifications' }).waitFor()
    await frame.locator('.letters a.new').first().click()
    await refused(/^The page tried to mark a notification as read: not in this session’s scopes\.$/)
    expect((await asEve('/notifications')).split('unread').length).toBe(unread)
  })

  it('says what will be refused before it is asked for, and takes a whole address', async () => {
    const path = page.getByLabel('Path')
    await path.fill('https://app.acme.example/settings/secret')
    await page.getByText('No route is declared for this path').waitFor()
    await path.fill(`${program.example}/members?page=1`)
    await page.getByText('No route is declared for this path').waitFor({ state: 'detached' })
    await path.press('Enter')
    await frame.getByRole('heading', { name: 'Members' }).waitFor()
  })

  it('M8 opens again where it was after the console was loaded anew, at an address of its own', async () => {
    const hosts = () => page.frames().flatMap((each) => (each.url().includes('.localhost:') ? [new URL(each.url()).host] : []))
    await page.waitForURL(/path=%2Fmembers/)
    const [before] = hosts()
    await page.reload()
    await frame.getByRole('heading', { name: 'Members' }).waitFor()
    const [after] = hosts()
    expect(after).toMatch(/^[a-z2-7]{26}\.localhost:\d+$/)
    expect(after).not.toBe(before)
  })

  it('GA- XS-7 keeps the page inside its frame: sandbox, no permissions, nothing over the banner', async () => {
    const element = page.locator('iframe[title^="Acme Attest as"]')
    // A page that has no background of its own stands on a browser's, not on the console's.
    expect(await element.evaluate((frame) => getComputedStyle(frame).backgroundColor)).toBe('rgb(255, 255, 255)')
    expect(await element.getAttribute('sandbox')).toBe('allow-scripts allow-forms allow-same-origin')
    expect([await element.getAttribute('allow'), await element.getAttribute('referrerpolicy')]).toEqual(['', 'no-referrer'])
    const inside = page.frames().find((each) => each.url().includes('.localhost:'))
    await inside?.evaluate(() => {
      document.body.innerHTML = '<div style="position:fixed;inset:-500px;z-index:2147483647;background:red">fake</div>'
      for (let n = 0; n < 2_000; n++) parent.postMessage({ countersign: 'refused', code: 'view_closed' }, '*')
      window.open('/dashboard')
    })
    const end = page.getByRole('button', { name: 'End now' })
    const { x, y, width, height } = (await end.boundingBox()) as { x: number; y: number; width: number; height: number }
    const onTop = await page.evaluate(
      ([x, y]) => document.elementFromPoint(x as number, y as number)?.closest('button')?.textContent,
      [x + width / 2, y + height / 2],
    )
    expect(onTop).toBe('End now')
    expect(browser.context.pages()).toHaveLength(1)
    expect(await page.locator('iframe').count()).toBe(1)
  })

  it('A35 S11 ends at once, says what was done, and the audit has the whole story; eve’s own sign-in was never touched', async () => {
    const id = sessionId()
    await page.getByRole('button', { name: 'End now' }).click()
    await page.getByRole('heading', { name: 'You ended the session' }).waitFor()
    expect(await page.locator('iframe').count()).toBe(0)
    await page.getByText('Requests', { exact: true }).waitFor()
    const events = await until(async () => {
      const found = await audit(`session_id=${id}`)
      return found.some(({ action }) => action === 'IMPERSONATE.ENDED') && found
    })
    const actions = events.map(({ action }) => action)
    for (const action of ['IMPERSONATE.STARTED', 'SUPPORT_SESSION.VIEW.ENTERED', 'SUPPORT_SESSION.REQUEST.REFUSED', 'IMPERSONATE.ENDED'])
      expect(actions).toContain(action)
    expect(events.find(({ action }) => action === 'IMPERSONATE.STARTED')).toMatchObject({
      ticket: 'SUP-4831',
      actor: { email: 'rob@vendor.example' },
      target: { label: 'eve@globex.example' },
    })
    expect(await asEve('/account')).toContain('eve@globex.example')
  })

  it('M8 S15 is closed within a second when somebody else revokes the session', async () => {
    const opened = await rob.send('POST', '/api/sessions', { tenant_id: 'ten_globex', reason: 'Looking into a failed export' })
    const { session } = (await opened.json()) as { session: { id: string } }
    await page.goto(`${program.console}/sessions/${session.id}/view`)
    await frame.getByRole('heading', { name: 'Dashboard' }).waitFor()
    await record().getByText('streaming').waitFor()
    const val = await signIn(program.console, 'val')
    const gone = page.locator('iframe').waitFor({ state: 'detached' })
    expect((await val.send('POST', `/api/sessions/${session.id}/revocation`, { reason: 'Not needed any more' })).status).toBe(200)
    const revoked = performance.now()
    await gone
    expect(performance.now() - revoked).toBeLessThan(1_000 * share())
    await page.getByRole('heading', { name: 'A staff member revoked the session' }).waitFor()
  })

  it('M8 S4 sends a request from the session’s page, and shows what came of it', async () => {
    const opened = await rob.send('POST', '/api/sessions', { tenant_id: 'ten_globex', reason: 'Looking into a failed export' })
    const { session } = (await opened.json()) as { session: { id: string } }
    await page.goto(`${program.console}/sessions/${session.id}?tab=requests`)
    const route = page.getByLabel('Route')
    await route.selectOption('GET /v1/members')
    await page.getByRole('button', { name: 'Send GET' }).click()
    await page.getByRole('group', { name: 'Show as' }).waitFor()
    expect(await page.getByRole('region', { name: 'Answer as a table' }).getByRole('row').count()).toBeGreaterThan(2)
    await route.selectOption('POST /v1/exports')
    await page.getByLabel('Body').fill('{"a": ')
    await page.getByText('The body is not JSON').waitFor()
    await page.getByLabel('Body').fill('{"a": 1}')
    await page.getByRole('button', { name: 'Send POST' }).click()
    await page.getByText('You tried to start an export: not in this session’s scopes.').waitFor()
    expect(await page.getByRole('button', { name: /\/v1\/exports/ }).count()).toBe(1)
    expect(await page.evaluate(() => Object.values(sessionStorage).join())).not.toContain('"a"')
    const recorded = await until(async () =>
      (await audit(`session_id=${session.id}`)).find(({ action }) => action === 'SUPPORT_SESSION.REQUEST.REFUSED'),
    )
    expect(recorded.code).toBe('scope_missing')
  })

  it('XS-1 nothing that the console showed broke its policy or threw', () => {
    const own = browser.complaints.filter((text) => !/\.localhost:|scripts may close only|Blocked opening|WebSocket/.test(text))
    expect(own).toEqual([])
  })
})
