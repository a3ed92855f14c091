import { dueOf, promiseSignerOf, signPromise } from '@countersign/log/promise.ts'
import { sha256 } from '@countersign/log/sha256-node.ts'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runVerify } from '../../server/src/cli/verify.ts'
import { loadKeys } from '../../server/src/keys.ts'
import { findOrigin, logKeyOf } from '../../server/src/sequencer/log-key.ts'
import { type Chromium, openChromium } from '../support/chromium.ts'
import { goTo, signInAs } from '../support/person.ts'
import { type Rig, startRig } from '../support/rig.ts'
import { heldBack, insertAt } from '../support/sequencer.ts'
import { until } from '../support/until.ts'

let rig: Rig
let browser: Chromium
let page: Page
beforeAll(async () => {
  rig = await startRig()
  await rig.knownTenant()
  browser = await openChromium()
  page = browser.page
  await signInAs(page, rig.console_url, 'rob')
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await rig?.close()
})

const stored = () => page.evaluate(() => Object.keys(localStorage).filter((place) => place.startsWith('countersign-promise-')).length)
const line = () => page.getByRole('region', { name: 'Notices' }).getByRole('alert').filter({ hasText: 'The log broke a promise' })

/** What an answer would promise of an event of an hour ago, which somebody deleted before it was in the tree. */
const losePromised = async (keys = rig.database.keys): Promise<string> => {
  const entry = await heldBack(rig.database.superuserUrl, async (client) => {
    const made = await insertAt(rig.database, new Date(Date.now() - 3_600_000))
    await client.query(`delete from events where body like '%' || $1 || '%'`, [made.id])
    return made
  })
  const { origin, verifier, signer } = logKeyOf(keys, (await findOrigin(rig.database.store)) as string)
  const note = signPromise({ origin, due: dueOf([entry]), entries: [entry] }, promiseSignerOf(sha256, verifier, signer))
  return Buffer.from(note).toString('base64')
}
const answerWith = async (promise: string): Promise<void> => {
  await page.route('**/api/log', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, headers: { ...response.headers(), 'countersign-promise': promise } })
    await page.unroute('**/api/log')
  })
}

it('AU-13 the console redeems by itself what answers promise, in the background', async () => {
  const promised = page.waitForResponse((answer) => answer.headers()['countersign-promise'] !== undefined)
  const proven = page.waitForResponse((answer) => /^\/api\/audit\/evt_[0-9a-f]+\/proof$/.test(new URL(answer.url()).pathname))
  await goTo(page, '/audit')
  await promised
  expect((await proven).status()).toBe(200)
  await until(async () => (await stored()) === 0, 40)
  expect(await line().count()).toBe(0)
})

it('AU-13 says nothing of what another log promised at this address, and tells what this one broke, with the proof of it', async () => {
  await answerWith(await losePromised(loadKeys(`${rig.database.dataDir}/other-keys`)))
  await until(async () => (await stored()) === 1)
  await answerWith(await losePromised())
  await line().waitFor()
  expect(await line().textContent()).toContain('1 event of')
  const [download] = await Promise.all([page.waitForEvent('download'), line().getByRole('button', { name: 'Download the proof' }).click()])
  const lines: string[] = []
  const source = { store: rig.database.store, keys: rig.database.keys }
  const code = await runVerify({ source, promises: await download.path(), print: (text) => lines.push(text) })
  expect(code, lines.join('\n')).toBe(3)
  expect(lines.join('\n')).toMatch(/promises +0 redeemed, 0 not due, 1 broken/)
  // It is told again after the page was loaded anew, until a person says that it is known.
  await page.reload()
  await line().waitFor()
  await line().getByRole('button', { name: 'Forget it' }).click()
  await line().waitFor({ state: 'detached' })
  expect(browser.complaints).toEqual([])
})
