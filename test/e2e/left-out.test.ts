import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Chromium } from '../support/chromium.ts'
import { newPerson, newTenant, type Person } from '../support/directory.ts'
import { goTo, signInAs } from '../support/person.ts'
import { openProfile } from '../support/profile.ts'
import { type Rig, startRig } from '../support/rig.ts'

const good = newPerson(1, 'ten_0001')
const bad = { ...newPerson(2, 'ten_0001').user, status: 'gone' }
/** What the product answers where its rows are not as the protocol has them. */
const answers: Record<string, object> = {
  '/users': { items: [bad, good.user] },
  '/tenants/ten_0001/users': { items: [bad, good.user], next_cursor: null },
  '/users/usr_0001': {
    ...good,
    factors: [{ ...good.factors[0], kind: 'dongle' }],
    sessions: [{ id: 'sess_9', device: 7 }],
  } satisfies Record<Exclude<keyof Person, 'account'>, unknown>,
}

let rig: Rig
let browser: Chromium
beforeAll(async () => {
  rig = await startRig()
  rig.directory.world = { tenants: [newTenant(1)], people: [good] }
  rig.directory.fault = ({ path }, response) => {
    const body = answers[path]
    return body && response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  await rig.knownTenant()
  browser = await openProfile()
  await signInAs(browser.page, rig.console_url, 'rob')
  await browser.page.waitForURL(/\/tenants$/)
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await rig?.close()
})

const user = '1 user of the directory cannot be read, and is left out.usr_0002: wrong is status'
const pages: [path: string, shown: string, notes: string[]][] = [
  ['/tenants/ten_0001?tab=users', good.user.email, [user]],
  ['/users?query=person', good.user.email, [user]],
  [
    '/users/usr_0001',
    good.user.email,
    [
      '1 factor of the directory cannot be read, and is left out.fac_1: wrong is kind',
      '1 session of the directory cannot be read, and is left out.sess_9: wrong is created_at, device, expires_at, ip, last_seen_at, place',
    ],
  ],
]
it.each(pages)('T9 %s shows the good rows, and says which were left out', async (path, shown, notes) => {
  await goTo(browser.page, path)
  await browser.page.locator('#main').getByText(shown).first().waitFor()
  await expect.poll(() => browser.page.getByRole('note').allTextContents()).toEqual(notes)
})
