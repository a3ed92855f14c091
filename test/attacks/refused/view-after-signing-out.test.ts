import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { signOut } from '../../../server/src/identity/sign-in/sign-out.ts'
import { type BrowserRig, ownFetch, startBrowserRig } from '../../gateway/browser-rig.ts'
import { expectRefusal } from '../../gateway/rig.ts'
import { openRaw, rawRequest } from '../../support/raw.ts'
import { until } from '../../support/until.ts'

let rig: BrowserRig
beforeAll(async () => {
  rig = await startBrowserRig({ gateway: 'browser_origin_is_public_suffix: true' })
})
afterAll(() => rig?.close())

/** Signs out of the console and leaves the support sessions running, as the dialog offers. */
const leave = async (signInId: string): Promise<void> => {
  const token = 'a secret of this sign-in'
  await sql`update staff_sessions set token_hash = sha256(${token}::bytea) where id = ${signInId}`.execute(rig.database.store.db)
  const { store, journal } = rig.database
  const request = { id: 'req_1', method: 'POST', path: '/auth/sign-out' }
  await signOut({ store, journal, endSessions: async () => [] }, { token, request, withSessions: false })
}

it('M8 who comes to the browser after its sign-in is over has nothing of the views that were opened in it', async () => {
  const by = await rig.newStaff()
  const entered = await rig.enter({ by })
  rig.upstream.answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).write('line')
  }
  const running = await openRaw(rig.port)
  running.send(rawRequest('GET /v1/stream HTTP/1.1', [entered.host, `Cookie: ${entered.cookie}`, ...ownFetch]))
  await until(() => running.pending().includes('line'))
  const { browser, cookie } = await rig.loadEnter(entered.origin)
  const code = await rig.mint(entered.session.id, entered, { browser, by })

  await leave(by.session_id)
  await running.closed
  await expectRefusal(rig, await rig.fetch(entered, 'GET /v1/reports'), 'view_closed', entered.session)
  const late = await rig.sendCode(entered.origin, { code, cookie })
  expect(late.headers.has('set-cookie')).toBe(false)
  expect(late.body).toContain('view_closed')

  // The session was left running, for the program that has its token.
  rig.upstream.answer = undefined as never
  expect(
    await until(async () => (await rig.events({ session_id: entered.session.id })).find(({ code }) => code === 'view_closed')),
  ).toBeDefined()
})
