import type { View } from '@countersign/contract/views.ts'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BrowserRig, cookieIn, startBrowserRig } from '../../gateway/browser-rig.ts'
import { codeOf, expectRefusal } from '../../gateway/rig.ts'

let rig: BrowserRig
beforeAll(async () => {
  rig = await startBrowserRig()
})
afterAll(() => rig?.close())

/** A code that waits to be used, in the hands of whoever stole it. */
const mintFor = async (path = '/v1/reports') => {
  const { session } = await rig.open()
  const view = await rig.openView(session.id)
  const origin = view.origins[0]?.origin ?? ''
  const { browser, cookie } = await rig.loadEnter(origin)
  const code = await rig.mint(session.id, view, { browser })
  return { session, view, origin, cookie, code, path }
}

/** Scripts may ask for it, so that the refusal can be read. */
const asScript = ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty']
const send = async ({ origin, code, cookie }: { origin: string; code: string; cookie?: string }) => {
  const body = new URLSearchParams({ code, path: '/v1/reports' }).toString()
  const type = 'Content-Type: application/x-www-form-urlencoded'
  const given = { host: `Host: ${new URL(origin).host}`, cookie: cookie ?? 'none=1' } as Parameters<BrowserRig['fetch']>[0]
  return rig.fetch(given, 'POST /.countersign/enter', [`Origin: ${origin}`, ...asScript, type, `Content-Length: ${body.length}`], body)
}

const enteredIn = async (sessionId: string) =>
  (await rig.events({ session_id: sessionId })).filter(({ action }) => action === 'SUPPORT_SESSION.VIEW.ENTERED')

describe('a hand-over code in other hands', () => {
  it('is refused when it is used twice, also by whoever used it first', async () => {
    const { session, origin, cookie, code } = await mintFor()
    expect((await rig.sendCode(origin, { code, cookie })).status).toBe(303)
    const again = await send({ origin, code, cookie })
    await expectRefusal(rig, again, 'handover_used', session)
    expect(again.headers.has('set-cookie')).toBe(false)
    expect(await enteredIn(session.id)).toHaveLength(1)
  })

  it('lets one in, of any number at once', async () => {
    const { session, origin, cookie, code } = await mintFor()
    const answers = await Promise.all(Array.from({ length: 12 }, () => send({ origin, code, cookie })))
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1)
    expect(answers.filter((answer) => codeOf(answer) === 'handover_used')).toHaveLength(11)
    expect(await enteredIn(session.id)).toHaveLength(1)
  })

  it('is refused after a minute, by the database’s clock', async () => {
    const { session, origin, cookie, code, view } = await mintFor()
    await makeOlder(view, 61)
    await expectRefusal(rig, await send({ origin, code, cookie }), 'handover_late', session)
    const other = await mintFor()
    await makeOlder(other.view, 50)
    expect((await rig.sendCode(other.origin, other)).status).toBe(303)
  })

  it('is refused from another browser, and is not used up by the attempt', async () => {
    const { session, origin, cookie, code } = await mintFor()
    const thief = await rig.loadEnter(origin)
    await expectRefusal(rig, await send({ origin, code, cookie: thief.cookie }), 'handover_other_browser', session)
    await expectRefusal(rig, await send({ origin, code }), 'handover_other_browser', session)
    expect((await rig.sendCode(origin, { code, cookie })).status).toBe(303)
  })

  it('is refused at another origin: of another view, and of a view that was never opened', async () => {
    const { session, code, cookie } = await mintFor()
    const other = await mintFor()
    await expectRefusal(rig, await send({ origin: other.origin, code, cookie }), 'handover_other_origin', session)
    const nobodys = `https://${'a'.repeat(26)}.view.example`
    await expectRefusal(rig, await send({ origin: nobodys, code, cookie }), 'handover_other_origin', session)
  })

  it('is refused where it was never made, or its session or view is over', async () => {
    const { session, view, origin, cookie, code } = await mintFor()
    await expectRefusal(rig, await send({ origin, code: `cs_view_${'x'.repeat(43)}`, cookie }), 'handover_refused')
    await rig.closeView(session.id, view.view_id)
    await expectRefusal(rig, await send({ origin, code, cookie }), 'view_closed', session)
    const second = await mintFor()
    await rig.revoke(second.session.id)
    await expectRefusal(rig, await send(second), 'session_revoked', second.session)
  })

  it('is sent by the page at that origin alone', async () => {
    const { origin, cookie, code } = await mintFor()
    for (const headers of [['Origin: https://evil.example'], ['Origin: null']]) {
      const body = new URLSearchParams({ code, path: '/' }).toString()
      const lines = [...headers, ...asScript, 'Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`]
      const given = { host: `Host: ${new URL(origin).host}`, cookie } as Parameters<BrowserRig['fetch']>[0]
      await expectRefusal(rig, await rig.fetch(given, 'POST /.countersign/enter', lines, body), 'cross_site')
    }
    expect((await rig.sendCode(origin, { code, cookie })).status).toBe(303)
  })

  it('stands in no event, in no address and in no answer', async () => {
    const { session, origin, cookie, code } = await mintFor()
    const answer = await rig.sendCode(origin, { code, cookie })
    const entered = cookieIn(answer, '__Host-countersign-view') ?? ''
    await send({ origin, code, cookie })
    const secrets = [code, entered.slice(entered.indexOf('=') + 1), cookie.slice(cookie.indexOf('=') + 1)]
    const told = JSON.stringify([
      await rig.events({ session_id: session.id }),
      [...answer.headers].filter(([name]) => name !== 'set-cookie'),
      answer.body,
    ])
    for (const secret of secrets) expect(told).not.toContain(secret)
    const given = { host: `Host: ${new URL(origin).host}`, cookie: entered } as Parameters<BrowserRig['fetch']>[0]
    for (const secret of secrets.slice(0, 2)) {
      const refused = await rig.fetch(given, `GET /v1/reports?code=${secret}`)
      const event = await expectRefusal(rig, refused, 'token_refused', session)
      expect(JSON.stringify(event)).not.toContain(secret)
    }
  })
})

const makeOlder = async ({ view_id }: View, seconds: number): Promise<void> => {
  const { asSuperuser } = await import('../../support/database.ts')
  await asSuperuser(
    rig.database.superuserUrl,
    `update session_view_codes set minted_at = minted_at - $2 * interval '1 second' where view_id = $1`,
    [view_id, seconds],
  )
  // The program itself could not do that.
  await expect(
    sql`update session_view_codes set minted_at = clock_timestamp() where view_id = ${view_id}`.execute(rig.database.store.db),
  ).rejects.toThrow(/permission denied/)
}
