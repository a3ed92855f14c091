import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BrowserRig, hostOf, ownFetch, ownNavigation, startBrowserRig } from './browser-rig.ts'
import { codeOf, expectRefusal } from './rig.ts'

let rig: BrowserRig
beforeAll(async () => {
  rig = await startBrowserRig()
})
afterAll(() => rig?.close())

describe('the hand-over', () => {
  it('lets a browser in with a cookie of that origin alone, and is on the record', async () => {
    const { session } = await rig.open()
    const view = await rig.openView(session.id)
    expect(view.origins).toEqual([{ upstream: 'default', origin: expect.stringMatching(/^https:\/\/[a-z2-7]{26}\.view\.example$/) }])
    const origin = view.origins[0]?.origin ?? ''
    const { answer, browser, cookie } = await rig.loadEnter(origin)
    expect(answer.headers.get('set-cookie')).toMatch(
      /^__Host-countersign-enter=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=None; Partitioned$/,
    )
    const policy = answer.headers.get('content-security-policy')
    expect(policy).toContain('frame-ancestors http://localhost:4000;')
    expect(policy).toContain('sandbox allow-scripts allow-forms allow-same-origin')
    const code = await rig.mint(session.id, view, { browser })
    const entered = await rig.sendCode(origin, { code, cookie, path: '/v1/reports?page=2' })
    expect([entered.status, entered.headers.get('location')]).toEqual([303, '/v1/reports?page=2'])
    expect(entered.headers.get('set-cookie')?.split('\n')).toEqual([
      expect.stringMatching(/^__Host-countersign-view=cs_seen_[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=None; Partitioned$/),
      '__Host-countersign-enter=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=None; Partitioned',
    ])
    const events = (await rig.events()).filter(({ session_id }) => session_id === session.id)
    expect(events.map(({ action }) => action)).toEqual([
      'SUPPORT_SESSION.CREATED',
      'SUPPORT_SESSION.VIEW.OPENED',
      'SUPPORT_SESSION.VIEW.ENTERED',
    ])
    expect(events[2]).toMatchObject({
      actor: { kind: 'staff', id: rig.staff.id, email: rig.staff.email },
      details: { view_id: view.view_id, upstream: 'default' },
    })
    expect(JSON.stringify(events)).not.toMatch(/cs_(?:view|seen)_/)
  })

  it('shows nothing of the product where no path is given', async () => {
    const { session } = await rig.open()
    const view = await rig.openView(session.id)
    const origin = view.origins[0]?.origin ?? ''
    const { browser, cookie } = await rig.loadEnter(origin)
    const code = await rig.mint(session.id, view, { browser })
    const entered = await rig.sendCode(origin, { code, cookie, path: null })
    expect([entered.status, entered.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(entered.body).toContain("countersign: 'entered'")
  })

  it.each(['https://evil.example/', '//evil.example/', '/a/../b', '/.countersign/enter', 'v1/reports'])(
    'goes on to no path but one of the product: %s',
    async (path) => {
      const { session } = await rig.open()
      const view = await rig.openView(session.id)
      const origin = view.origins[0]?.origin ?? ''
      const { browser, cookie } = await rig.loadEnter(origin)
      const code = await rig.mint(session.id, view, { browser })
      const answer = await rig.sendCode(origin, { code, cookie, path })
      expect([answer.status, answer.headers.get('set-cookie')]).toEqual([400, undefined])
    },
  )
})

describe('a request of a page', () => {
  it('HD-9 C44 reaches the product with an assertion and without a cookie, and the record says that it came from a browser', async () => {
    const entered = await rig.enter()
    rig.upstream.forget()
    const answer = await rig.fetch(entered, 'GET /v1/reports?page=2', [...ownNavigation, 'Cookie2: x'])
    expect([answer.status, JSON.parse(answer.body).target]).toEqual([200, '/v1/reports?page=2'])
    const [received] = rig.upstream.received
    expect(received?.headers.get('countersign-assertion')).toMatch(/^ey/)
    expect(received?.headers.has('cookie')).toBe(false)
    expect(rig.upstream.bytes().toString()).not.toContain('cs_seen_')
    const events = await rig.events({ request_id: answer.headers.get('x-request-id') ?? '' })
    expect(events).toMatchObject([
      { action: 'SUPPORT_SESSION.REQUEST.ADMITTED', details: { via: 'navigation' }, session_id: entered.session.id },
      { action: 'SUPPORT_SESSION.REQUEST.COMPLETED', details: { via: 'navigation' } },
    ])
    const byScript = await rig.fetch(entered, 'GET /v1/reports')
    const made = await rig.events({ request_id: byScript.headers.get('x-request-id') ?? '' })
    expect(made.map(({ details }) => details)).toEqual([{ via: 'browser' }, { via: 'browser' }])
    // With the token it does not say so.
    const byToken = await rig.send('GET /v1/reports', entered.token)
    for (const event of await rig.events({ request_id: byToken.headers.get('x-request-id') ?? '' })) expect(event.details).toBeUndefined()
  })

  it('is answered under our own policy: framed by the console alone, nothing to another origin', async () => {
    const entered = await rig.enter()
    const { headers } = await rig.fetch(entered, 'GET /v1/reports', ownNavigation)
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain(`default-src ${entered.origin} data: blob:;`)
    expect(policy).toContain(`connect-src ${entered.origin} wss://`)
    expect(policy).toContain(`form-action ${entered.origin};`)
    expect(policy).toContain(`frame-ancestors http://localhost:4000 ${entered.origin};`)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.has('x-frame-options')).toBe(false)
  })

  it('S13 is refused in words a person can read where they are looking, in problem details where a script asked', async () => {
    const entered = await rig.enter()
    const page = await rig.fetch(entered, 'GET /v1/nowhere', ownNavigation)
    expect([page.status, page.headers.get('content-type')]).toEqual([403, 'text/html; charset=utf-8'])
    expect(page.body).toContain('No route is declared for this request.')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    // The console that frames it hears why, and is told nothing else.
    expect(page.body).toContain('data-console="http://localhost:4000" data-code="route_undeclared"')
    const answer = await rig.fetch(entered, 'DELETE /v1/reports/1')
    await expectRefusal(rig, answer, 'scope_missing', entered.session)
  })

  it('M8 has a page of ours that sends what the console asks for, from inside the frame alone, to its own origin alone', async () => {
    const entered = await rig.enter()
    rig.upstream.forget()
    const page = await rig.fetch(entered, 'GET /.countersign/runner', ownNavigation)
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[^']+'; connect-src 'self'; /)
    expect(policy).toContain('frame-ancestors http://localhost:4000; sandbox allow-scripts allow-forms allow-same-origin')
    const alone = [...ownNavigation.slice(0, 2), 'Sec-Fetch-Dest: document']
    expect((await rig.fetch(entered, 'GET /.countersign/runner', alone)).body).toContain('data-code="outside_frame"')
    await expectRefusal(rig, await rig.fetch(entered, 'POST /.countersign/runner'), 'method_refused', entered.session)
    expect(rig.upstream.received).toEqual([])
  })

  it('S3 ends with its session, and with its view', async () => {
    const first = await rig.enter()
    const second = await rig.enter()
    // The domain is shared by all views: a browser has one at a time.
    await expectRefusal(rig, await rig.fetch(first, 'GET /v1/reports'), 'view_closed', first.session)
    expect((await rig.fetch(second, 'GET /v1/reports')).status).toBe(200)
    await rig.closeView(second.session.id, second.view_id)
    await expectRefusal(rig, await rig.fetch(second, 'GET /v1/reports'), 'view_closed', second.session)
    const third = await rig.enter()
    await rig.revoke(third.session.id)
    await expectRefusal(rig, await rig.fetch(third, 'GET /v1/reports'), 'session_revoked', third.session)
    const closed = (await rig.events()).filter(({ action }) => action === 'SUPPORT_SESSION.VIEW.CLOSED')
    expect(closed.filter(({ details }) => (details as { view_id: string }).view_id === first.view_id)).toMatchObject([
      { session_id: first.session.id, details: { closed_by: 'another_view' } },
    ])
    expect(closed.filter(({ details }) => (details as { view_id: string }).view_id === second.view_id)).toMatchObject([
      { details: { closed_by: 'opener' } },
    ])
  })
})

describe('who may open a view', () => {
  it('S13 only whoever opened the session, while it may be used', async () => {
    const { session } = await rig.open()
    const val = await rig.newStaff()
    await expect(rig.openView(session.id, val)).rejects.toMatchObject({ code: 'session_of_another' })
    const view = await rig.openView(session.id)
    const browser = 'x'.repeat(43)
    await expect(rig.mint(session.id, view, { browser, by: val })).rejects.toMatchObject({ code: 'session_of_another' })
    await rig.revoke(session.id)
    await expect(rig.openView(session.id)).rejects.toMatchObject({ code: 'session_revoked' })
    await expect(rig.mint(session.id, view, { browser })).rejects.toMatchObject({ code: 'session_revoked' })
    const denied = (await rig.events()).filter(({ action, session_id }) => action === 'ACCESS.DENIED' && session_id === session.id)
    expect(denied.map(({ code, actor }) => [code, actor.id])).toEqual([
      ['session_of_another', val.id],
      ['session_of_another', val.id],
      ['session_revoked', rig.staff.id],
      ['session_revoked', rig.staff.id],
    ])
  })

  it('HD-5 answers at no other host', async () => {
    const entered = await rig.enter()
    for (const host of [`${entered.host}.`, `${entered.host}:443`, 'Host: view.example', 'Host: x.view.example']) {
      const answer = await rig.fetch({ ...entered, host }, 'GET /v1/reports')
      expect([host, codeOf(answer)]).toEqual([host, 'host_refused'])
    }
    const nobodys = hostOf('https://aaaaaaaaaaaaaaaaaaaaaaaaaa-api.view.example')
    expect(codeOf(await rig.fetch({ ...entered, host: nobodys }, 'GET /v1/reports', ownFetch))).toBe('host_refused')
  })
})
