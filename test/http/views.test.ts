import { createHash } from 'node:crypto'
import type { View } from '@countersign/contract/views.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Visitor } from '../support/browser.ts'
import { readEvents } from '../support/events.ts'
import { rawRequest, sendRaw } from '../support/raw.ts'
import { type Rig, startRig } from '../support/rig.ts'

let rig: Rig
let rob: Visitor
let session: string
beforeAll(async () => {
  rig = await startRig()
  rob = await rig.visitorWith(['support_admin'])
  const opened = await rob.send('POST', '/api/sessions', { tenant_id: await rig.knownTenant(), reason: 'Looking into a failed export' })
  session = ((await opened.json()) as { session: { id: string } }).session.id
})
afterAll(() => rig?.close())

const openView = async (): Promise<View> => {
  const answer = await rob.send('POST', `/api/sessions/${session}/views`)
  expect(answer.status).toBe(201)
  return (await answer.json()) as View
}
const mint = (view: View, body: unknown) => rob.send('POST', `/api/sessions/${session}/views/${view.view_id}/codes`, body)
const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code: string }).code]

describe('views by the API', () => {
  it('are offered on loopback without a configuration, below localhost, and framed by the console alone', async () => {
    expect(await (await rob.get('/api/me')).json()).toMatchObject({ views: true })
    const { port } = new URL(rig.gateway_url)
    const view = await openView()
    expect(view).toEqual({
      view_id: expect.stringMatching(/^viw_[0-9a-f]{32}$/),
      origins: [{ upstream: 'default', origin: expect.stringMatching(new RegExp(`^http://[a-z2-7]{26}\\.localhost:${port}$`)) }],
    })
    const page = await rob.get('/sessions', { accept: 'text/html' })
    expect(page.headers.get('content-security-policy')).toContain(`frame-src http://*.localhost:${port};`)
    const host = `Host: ${new URL(view.origins[0]?.origin ?? '').host}`
    const enter = await sendRaw(Number(port), rawRequest('GET /.countersign/enter HTTP/1.1', [host]))
    expect([enter?.status, enter?.headers.get('content-security-policy')]).toEqual([
      200,
      expect.stringContaining(`frame-ancestors ${rig.console_url};`),
    ])
    expect(enter?.headers.get('set-cookie')).toContain('__Host-countersign-enter=')
  })

  it('below localhost stay open beside each other: no page can set a cookie for them all', async () => {
    const [first, second] = [await openView(), await openView()]
    const browser = createHash('sha256').update('x').digest('base64url')
    for (const view of [first, second]) {
      const minted = await mint(view, { origin: view.origins[0]?.origin, browser })
      expect([minted.status, await minted.json()]).toEqual([201, { code: expect.stringMatching(/^cs_view_[\w-]{43}$/) }])
    }
    const closure = `/api/sessions/${session}/views/${first.view_id}/closure`
    expect((await rob.send('POST', closure)).status).toBe(204)
    expect((await rob.send('POST', closure)).status).toBe(204)
    expect(await codeOf(await mint(first, { origin: first.origins[0]?.origin, browser }))).toEqual([403, 'view_closed'])
  })

  it('give codes for their own origins, to the browser that opened them', async () => {
    const [view, other] = [await openView(), await openView()]
    const browser = createHash('sha256').update('x').digest('base64url')
    for (const origin of [other.origins[0]?.origin, 'https://evil.example', `${view.origins[0]?.origin}/`, ''])
      expect(await codeOf(await mint(view, { origin, browser }))).toEqual([404, 'not_found'])
    for (const bad of ['', 'x', 'x'.repeat(44), null]) {
      expect(await codeOf(await mint(view, { origin: view.origins[0]?.origin, browser: bad }))).toEqual([400, 'invalid_request'])
    }
    // A code is of use to that browser alone: what counts is that it enters, and that is an event of its own.
    const count = async () => (await readEvents(rig.database.store.pool)).filter(({ action }) => action.includes('.VIEW.')).length
    const before = await count()
    expect((await mint(view, { origin: view.origins[0]?.origin, browser })).status).toBe(201)
    expect(await count()).toBe(before)
    const val = await rig.visitorWith(['support_admin'])
    const path = `/api/sessions/${session}/views/${view.view_id}/codes`
    const stolen = await val.send('POST', path, { origin: view.origins[0]?.origin, browser })
    expect(await codeOf(stolen)).toEqual([403, 'session_of_another'])
  })
})
