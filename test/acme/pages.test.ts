import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { seededPassword, seededTotpSecret } from '../../examples/acme/src/seed/people.ts'
import type { Chromium } from '../support/chromium.ts'
import { openProfile } from '../support/profile.ts'
import { type AcmeRig, startAcme, type Target, totpNow } from './rig.ts'

let acme: AcmeRig
let browser: Chromium

beforeAll(async () => {
  acme = await startAcme()
})
afterAll(() => acme?.stop())

beforeEach(async () => {
  browser = await openProfile()
})
afterEach(async () => {
  expect(browser.complaints).toEqual([])
  await browser.close()
})

const eve: Target = { kind: 'user', id: 'usr_eve_globex' }
const act = async (name: string) => {
  const answer = await acme.order(eve, name)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({ status: 'done' })
}

const fillPassword = async (email: string) => {
  const { page } = browser
  await page.goto(`${acme.url}/sign-in`)
  await page.getByLabel('E-mail', { exact: true }).fill(email)
  await page.getByLabel('Password').fill(seededPassword)
  await page.getByRole('button', { name: 'Sign in' }).click()
}
const signInAsEve = async () => {
  const { page } = browser
  await fillPassword('eve@globex.example')
  await page.getByLabel('Code of your authenticator').fill(totpNow(seededTotpSecret))
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('link', { name: 'Eve Rourke' }).click()
  await page.getByRole('heading', { name: 'Eve Rourke' }).waitFor()
}

describe('the pages of the example product', () => {
  it('show eve signed in, and signed out by themselves when support ends her sessions', async () => {
    const { page } = browser
    await signInAsEve()
    await page.getByText('this one').waitFor()
    await act('revoke_sessions')
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
    expect((await page.goto(`${acme.url}/account`))?.status()).toBe(401)
  })

  it('let nobody in who is suspended, and again once the account is restored', async () => {
    const { page } = browser
    await act('suspend_account')
    await fillPassword('eve@globex.example')
    await page.getByRole('alert').getByText('This account is suspended.').waitFor()
    expect((await page.goto(`${acme.url}/account`))?.status()).toBe(401)
    await act('restore_account')
    await signInAsEve()
  })

  it('sign eve in by the link that support had mailed, once', async () => {
    const { page } = browser
    await act('send_magic_link')
    await page.goto(`${acme.url}/mailbox`)
    const mail = page.getByRole('article').first()
    await mail.getByText('to eve@globex.example').waitFor()
    await mail.getByRole('link').click()
    await page.getByRole('heading', { name: 'Eve Rourke' }).waitFor()
    await page.context().clearCookies()
    await page.goto(`${acme.url}/mailbox`)
    await mail.getByRole('link').click()
    await page.getByText('That link was used').waitFor()
  })

  it('mail a link to whoever asks for one', async () => {
    const { page } = browser
    await page.goto(`${acme.url}/sign-in`)
    await page.getByLabel('E-mail', { exact: true }).fill('hank@globex.example')
    await page.getByRole('button', { name: 'E-mail me a link' }).click()
    await page.getByText('a link is on its way').waitFor()
    await page.goto(`${acme.url}/mailbox`)
    await page.getByRole('article').first().getByText('to hank@globex.example').waitFor()
  })

  it('sign in by passkey, until support resets it', async () => {
    const { page } = browser
    const named = acme.url.replace('127.0.0.1', 'acme.localhost')
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
    await act('send_magic_link')
    await page.goto(`${named}/mailbox`)
    const link = new URL((await page.getByRole('article').first().getByRole('link').getAttribute('href')) ?? '')
    await page.goto(`${named}${link.pathname}${link.search}`)
    await page.goto(`${named}/account`)
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByText('Passkey This browser').waitFor()

    const enter = async () => {
      await page.context().clearCookies()
      await page.goto(`${named}/sign-in`)
      await page.getByRole('button', { name: 'Use a passkey' }).click()
    }
    await enter()
    await page.getByRole('link', { name: 'Eve Rourke' }).click()
    await page.getByRole('heading', { name: 'Eve Rourke' }).waitFor()
    await act('reset_passkey')
    await page.reload()
    await page.getByRole('heading', { name: 'Eve Rourke' }).waitFor()
    expect(await page.getByText('Passkey This browser').count()).toBe(0)
    await enter()
    await page.getByRole('alert').filter({ hasText: /./ }).waitFor()
    expect((await page.goto(`${named}/account`))?.status()).toBe(401)
  })

  it('show what support asked for, as text', async () => {
    const { page } = browser
    await act('reset_totp')
    await page.goto(`${acme.url}/support`)
    const row = page.getByRole('row').filter({ hasText: 'reset_totp' })
    for (const text of ['rob@vendor.example', 'usr_eve_globex', 'done · 1']) await row.getByText(text, { exact: true }).waitFor()
  })
})
