import { createPublicKey, verify } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { type BrowserRig, ownNavigation, startBrowserRig } from './browser-rig.ts'
import { expectRefusal } from './rig.ts'

let app: Upstream
let rig: BrowserRig
beforeAll(async () => {
  app = await startUpstream()
  rig = await startBrowserRig({
    base: '/api',
    gateway: `upstreams: { app: '${app.url}/shop/eu/' }
  upstream_aliases: { app: ['https://shop.product.example'] }
  upstream_audiences: { app: product-app }`,
    routes: `
    - { method: GET, path: /settings, scope: 'settings:read', upstream: app }
    - { method: POST, path: /settings, scope: 'reports:write', upstream: app }
    - { method: GET, path: '/v1/tenants/:tenant_id/settings', scope: 'settings:read', tenant: ':tenant_id', upstream: app }`,
  })
})
afterAll(async () => {
  await rig?.close()
  await app?.close()
})
beforeEach(() => {
  for (const each of [rig.upstream, app]) {
    each.forget()
    each.answer = undefined
  }
})

const scopes = ['reports:read', 'settings:read', 'reports:write']
const claimsOf = (received: Upstream['received'][number] | undefined) => {
  const [head = '', body = '', signature = ''] = received?.headers.get('countersign-assertion')?.split('.') ?? []
  const key = createPublicKey({ key: rig.database.keys.assertion.publicJwk as never, format: 'jwk' })
  expect(verify(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))).toBe(true)
  return JSON.parse(Buffer.from(body, 'base64url').toString())
}

it('S4 P12 each route reaches the upstream it names, below that one’s base path, and the assertion is for what is sent there', async () => {
  const { session, token } = await rig.open({ scopes })
  expect((await rig.send('GET /v1/reports?page=2', token)).status).toBe(200)
  expect((await rig.send('GET /settings?tab=1', token)).status).toBe(200)
  expect(rig.upstream.received.map(({ target }) => target)).toEqual(['/api/v1/reports?page=2'])
  expect(app.received.map(({ target }) => target)).toEqual(['/shop/eu/settings?tab=1'])
  expect(claimsOf(rig.upstream.received[0])).toMatchObject({ aud: 'test-product', htu: '/api/v1/reports?page=2' })
  expect(claimsOf(app.received[0])).toMatchObject({ aud: 'product-app', htu: '/shop/eu/settings?tab=1', sid: session.id })
  const paths = (await rig.events({ session_id: session.id })).map(({ request }) => request?.path)
  expect(paths.slice(1)).toEqual(['/v1/reports?page=2', '/v1/reports?page=2', '/settings?tab=1', '/settings?tab=1'])
})

it('SE-7 S13 the tenant, the scope and the sinks hold at every upstream', async () => {
  const { session, token } = await rig.open({ scopes: ['reports:read', 'settings:read'] })
  await expectRefusal(rig, await rig.send('GET /v1/tenants/ten_b/settings', token), 'other_tenant', session)
  await expectRefusal(rig, await rig.send('POST /settings', token), 'scope_missing', session)
  await expectRefusal(rig, await rig.send('GET /shop/eu/settings', token), 'route_undeclared', session)
  expect(app.received).toEqual([])
})

it.each([
  ['default', '/api/v1/reports/7', '/v1/reports/7'],
  ['default', '7', '/v1/7'],
  ['default', 'APP/shop/eu/settings?saved=1', '/settings?saved=1'],
  ['default', 'https://shop.product.example/settings', '/settings'],
  ['app', '/shop/eu/settings#team', '/settings#team'],
  ['app', 'API/api/v1/reports', '/v1/reports'],
  // Not below its base path; a path that at our address is another upstream's.
  ['default', '/v1/reports/7', undefined],
  ['default', '/apix', undefined],
  ['app', '/shop/settings', undefined],
  ['app', '/shop/eu/v1/reports', undefined],
  ['default', '/api/settings', undefined],
])('GW-11 an address in an answer of %s leads to where the caller reaches it: %s', async (of, reference, expected) => {
  const location = reference.replace('APP', app.url).replace('API', rig.upstream.url)
  const { token } = await rig.open({ scopes })
  const from = of === 'app' ? app : rig.upstream
  from.answer = (_, response) => response.writeHead(303, { location, link: `<${location}>; rel=next` }).end()
  const answer = await rig.send(of === 'app' ? 'GET /settings' : 'GET /v1/reports', token)
  const mapped = expected && `http://localhost:${rig.port}${expected}`
  expect([answer.headers.get('location'), answer.headers.get('link')]).toEqual([mapped, mapped && `<${mapped}>; rel=next`])
})

it('connections to two upstreams are never shared', async () => {
  const { token } = await rig.open({ scopes })
  const before = [rig.upstream.connections(), app.connections()]
  for (let i = 0; i < 3; i++) {
    await rig.send('GET /v1/reports', token)
    await rig.send('GET /settings', token)
  }
  expect([rig.upstream.connections(), app.connections()]).toEqual(before.map((count) => count + 1))
})

it('GW-11 in a browser each upstream has an origin of its own, where its addresses lead and its routes alone are', async () => {
  const entered = await rig.enter({ scopes })
  const [own, sister] = entered.origins.map(({ origin }) => origin)
  for (const [location, expected] of [
    ['/api/v1/reports/7', `${own}/v1/reports/7`],
    // At our own address this path is the app's; in a browser it is nobody else's.
    ['/api/settings', `${own}/settings`],
    [`${app.url}/shop/eu/settings#team`, `${sister}/settings#team`],
  ] as const) {
    rig.upstream.answer = (_, response) => response.writeHead(302, { location }).end()
    const answer = await rig.fetch(entered, 'GET /v1/reports', ownNavigation)
    expect([answer.status, answer.headers.get('location')]).toEqual([302, expected])
  }
  rig.upstream.answer = (_, response) => response.writeHead(302, { location: 'https://evil.example/' }).end()
  const shown = await rig.fetch(entered, 'GET /v1/reports', ownNavigation)
  expect([shown.status, shown.headers.get('content-type')]).toEqual([302, 'text/html; charset=utf-8'])
  expect(shown.body).toContain('redirects elsewhere')
  expect((await rig.fetch(entered, 'GET /settings')).body).toContain('route_undeclared')
  expect((await rig.fetch(entered, 'GET /settings')).body).toContain('declared for another upstream')
  expect(app.received).toEqual([])
})
