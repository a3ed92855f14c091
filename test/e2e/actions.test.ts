import { AxeBuilder } from '@axe-core/playwright'
import type { ActionRequest } from '@countersign/contract/action-requests.ts'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { signIn, type Visitor } from '../support/browser.ts'
import type { Chromium } from '../support/chromium.ts'
import { fillFolder, newFolder } from '../support/embedded.ts'
import { rowsOf, settle, signInAs } from '../support/person.ts'
import { openProfile } from '../support/profile.ts'
import { type Program, startProgram } from '../support/program.ts'

const dataDir = newFolder()
let program: Program
let robs: Chromium
let mgrs: Chromium
let rob: Page
let mgr: Page
let robsApi: Visitor
let eve = ''
let requestId = ''

/** A passkey in software, in the browser itself. */
const giveKey = async (page: Page): Promise<void> => {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}

const looks = [
  { width: 1440, colorScheme: 'light', rules: null },
  { width: 1440, colorScheme: 'dark', rules: ['color-contrast', 'link-in-text-block'] },
  { width: 390, colorScheme: 'light', rules: ['color-contrast', 'target-size', 'button-name', 'link-name', 'scrollable-region-focusable'] },
] as const

/** What axe finds: every rule where there is room, then those that a scheme or a width can change. */
const violations = async (page: Page): Promise<string[]> => {
  const lines: string[] = []
  for (const { width, colorScheme, rules } of looks) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const axe = new AxeBuilder({ page }).setLegacyMode()
    const { violations: found, passes } = await (rules ? axe.withRules([...rules]) : axe).analyze()
    expect(passes.length).toBeGreaterThan(0)
    for (const { id, nodes } of found)
      for (const { target, html } of nodes)
        lines.push(`${page.url()} ${width} ${colorScheme} ${id}: ${target.join(' ')} ${html.slice(0, 160)}`)
  }
  await page.setViewportSize({ width: 1440, height: 900 })
  return lines
}

const openPane = async (): Promise<void> => {
  await rob.goto(`${program.console}/users/${eve}?ticket=SUP-4831`)
  await rob.getByRole('table', { name: 'Actions' }).waitFor()
}
const actionRow = (name: string) => rob.getByRole('table', { name: 'Actions' }).getByRole('button', { name })
const gates = (name: string) => rob.getByRole('form', { name })

beforeAll(async () => {
  await fillFolder(dataDir.path)
  program = await startProgram(dataDir.path, { ACME_TRAFFIC: '0' })
  robsApi = await signIn(program.console, 'rob')
  eve = await vi.waitFor(
    async () => {
      const { items } = (await (await robsApi.get('/api/users?query=eve%40globex')).json()) as { items: { id: string }[] }
      if (!items[0]) throw new Error('the directory has not been read')
      return items[0].id
    },
    { timeout: 30_000, interval: 200 },
  )
  robs = await openProfile()
  mgrs = await openProfile()
  rob = robs.page
  mgr = mgrs.page
  await signInAs(rob, program.console, 'rob')
  await signInAs(mgr, program.console, 'mgr')
  await giveKey(mgr)
})
afterAll(async () => {
  await robs?.close()
  await mgrs?.close()
  await program?.stop()
  dataDir.remove()
})

describe('actions from the pane of a user, in real browsers', () => {
  it('A19–A25 shows action, requires and risk before anything is tried', async () => {
    await openPane()
    const cells = await rob
      .getByRole('table', { name: 'Actions' })
      .locator('tbody tr')
      .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent?.trim())))
    expect(cells).toEqual([
      ['Reset passkeys', 'reason + ticket', 'med'],
      ['Reset TOTP', 'reason + ticket', 'med'],
      ['Revoke all sessions', 'reason', 'low'],
      ['Revoke one session', 'reason', 'low'],
      ['Send magic link', 'reason', 'low'],
      ['Impersonate, read-only', 'reason · 15 min', 'high'],
      ['Suspend account', 'manager approval', 'high'],
      ['Restore account', 'reason + ticket', 'med'],
    ])
  })

  it('A26 A42 names what is missing, inherits the ticket, and shows the new state without a reload', async () => {
    const passkeys = rob.getByRole('button', { name: 'Reset Passkey', exact: true })
    expect(await passkeys.count()).toBeGreaterThan(0)
    await passkeys.first().click()
    const form = gates('Reset passkeys')
    await form.getByText('reason missing').waitFor()
    const act = form.getByRole('button', { name: /^Reset the passkeys of eve@globex\.example/ })
    expect(await act.isDisabled()).toBe(true)
    expect(await form.getByLabel('Ticket').inputValue()).toBe('SUP-4831')
    await form.getByText('sees this in its audit log').waitFor()
    expect(await violations(rob)).toEqual([])
    await form.getByLabel('Reason').fill('She lost her phone, called us back on her desk line')
    await act.click()
    await rob.getByText('Passkeys reset').first().waitFor()
    await passkeys.first().waitFor({ state: 'detached' })
    // A list that has the pointer on it keeps new events waiting.
    await rob.mouse.move(0, 0)
    await rob.getByText('PASSKEY.RESET').first().waitFor()
  })

  it('A13 A23 says that glass is being broken, and asks for the approval that alone is missing', async () => {
    await rob.getByText('read-only by default').waitFor()
    expect(await rob.getByText('break-glass').count()).toBe(0)
    await actionRow('Suspend account').click()
    await rob.getByText('break-glass: Suspend account').waitFor()
    const form = gates('Suspend account')
    await form.getByText('by support_manager or super_admin').waitFor()
    const ask = form.getByRole('button', { name: 'Ask for approval' })
    expect(await ask.isDisabled()).toBe(true)
    await form.getByLabel('Reason').fill('Her laptop was stolen \u202eand is still signed in')
    await ask.click()
    await rob.getByRole('list', { name: 'Open requests' }).getByText('waiting for approval').waitFor()
    // It is still pending: the badge stays.
    await rob.getByText('break-glass: Suspend account').waitFor()
    await rob.getByRole('list', { name: 'Open requests' }).getByRole('link', { name: 'Suspend account' }).click()
    await rob.waitForURL(/\/approvals\/act_/)
    requestId = new URL(rob.url()).pathname.split('/').at(-1) as string
    await rob.getByText('You cannot approve it yourself').waitFor()
    expect(await rob.getByRole('button', { name: /^Approve with passkey/ }).isDisabled()).toBe(true)
  })
})

describe('the second signature, in real browsers', () => {
  it('A40 enrols a key under My keys, from the menu of the account', async () => {
    await mgr.getByRole('button', { name: /Account of/ }).click()
    await mgr.getByRole('menuitem', { name: 'My keys' }).click()
    await mgr.getByText('You have no passkey yet').waitFor()
    await mgr.getByLabel('Name').fill('The laptop')
    await mgr.getByRole('button', { name: 'Add a passkey' }).click()
    await mgr.getByText('may sign', { exact: true }).waitFor()
    expect(await violations(mgr)).toEqual([])
  })

  it('A40 P7 shows in the sheet the fields of the signed bytes as inert text; opening it approves nothing', async () => {
    await mgr
      .getByRole('link', { name: /^Approvals/ })
      .first()
      .click()
    await expect.poll(() => rowsOf(mgr, 'Requests').count()).toBe(1)
    expect(await violations(mgr)).toEqual([])
    await rowsOf(mgr, 'Requests').getByRole('link', { name: 'Suspend account' }).click()
    await mgr.getByRole('heading', { name: 'What is signed' }).waitFor()
    const sheet = mgr.getByRole('region', { name: 'What is signed' })
    for (const text of ['suspend_account', 'eve@globex.example', 'Globex', 'rob@vendor.example', 'SUP-4831'])
      await sheet.getByText(text).first().waitFor()
    await sheet
      .getByRole('img', { name: /right-to-left override/ })
      .first()
      .waitFor()
    expect(await violations(mgr)).toEqual([])
    const { state } = (await (await robsApi.get(`/api/actions/${requestId}`)).json()) as ActionRequest
    expect(state).toBe('pending')
  })

  it('A40 X12 is carried out with the signature, and the page of who asked says so by itself', async () => {
    await mgr.getByRole('button', { name: /^Approve with passkey/ }).click()
    await mgr.getByText('Countersigned').first().waitFor()
    await rob.getByRole('region', { name: 'State' }).getByText('mgr@vendor.example').waitFor()
    await rob.getByRole('region', { name: 'State' }).getByText(/^Done/).waitFor()
    expect(await violations(rob)).toEqual([])
    await rob.getByRole('link', { name: 'Open the user' }).click()
    await rob.getByRole('table', { name: 'Actions' }).waitFor()
    await rob.getByText('The product reports no live session').waitFor()
    await rob.getByText('suspended').first().waitFor()
  })

  it('A41 asks anew for a second attempt of the same requester, and a rejection tells its reason', async () => {
    await openPane()
    await actionRow('Suspend account').click()
    const form = gates('Suspend account')
    await form.getByLabel('Reason').fill('Once more, the approval was just given')
    await form.getByRole('button', { name: 'Ask for approval' }).click()
    const link = rob.getByRole('list', { name: 'Open requests' }).getByRole('link', { name: 'Suspend account' })
    await link.click()
    await rob.waitForURL(/\/approvals\/act_/)
    await mgr.goto(rob.url())
    await mgr.getByLabel('Reason to reject').fill('She is suspended already')
    await mgr.getByRole('button', { name: 'Reject' }).click()
    await rob.getByText('She is suspended already').first().waitFor()
  })

  it('A27–A30 puts each line on the audit page', async () => {
    await rob.goto(`${program.console}/audit?target_id=${eve}`)
    await settle(rob)
    const lines = (await rowsOf(rob, 'Events').allInnerTexts()).join('\n')
    for (const line of [
      /rob@vendor\.example[\s\S]*PASSKEY\.RESET/,
      /ACCOUNT\.SUSPEND\.REQUESTED/,
      /ACCOUNT\.SUSPEND\.APPROVED/,
      /ACCOUNT\.SUSPENDED/,
    ])
      expect(lines).toMatch(line)
    expect([...robs.complaints, ...mgrs.complaints]).toEqual([])
  })
})

describe('the Support Actions of a tenant', () => {
  it('C25–C29 are two; the logout of all asks for a reason, cannot be undone, and says how many sessions ended', async () => {
    await rob.goto(`${program.console}/tenants/ten_globex`)
    const buttons = rob.getByRole('toolbar', { name: 'Support Actions' }).getByRole('button')
    await buttons.first().waitFor()
    expect(await buttons.allInnerTexts()).toEqual(['Create Support Session', 'Force Logout All Sessions'])
    await buttons.last().click()
    const dialog = rob.getByRole('dialog')
    await dialog.getByText('This cannot be undone').waitFor()
    await dialog.getByText(/All \d+ users of/).waitFor()
    expect(await violations(rob)).toEqual([])
    const act = dialog.getByRole('button', { name: /^Force logout of Globex/ })
    expect(await act.isDisabled()).toBe(true)
    await dialog.getByLabel('Reason').fill('Their identity provider was breached')
    await act.click()
    await dialog.getByText(/Done: \d+ sessions? ended/).waitFor()
  })
})
