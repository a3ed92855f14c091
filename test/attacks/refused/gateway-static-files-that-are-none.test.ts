import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

// Static files need no scope: what passes for one must be one.
describe('static files that are none', () => {
  let rig: GatewayRig
  beforeAll(async () => {
    rig = await startGatewayRig({ gateway: "assets: ['/assets/**', '/v1/admin/**', '/v1/logout']" })
  })
  afterAll(() => rig.close())

  it.each(['GET /v1/admin/app.js', 'HEAD /v1/admin/app.js', 'GET /v1/logout'])('a sink stays one: %s', async (first) => {
    const { session, token } = await rig.open()
    const answer = await rig.send(first, token)
    if (first.startsWith('HEAD')) expect(answer.status).toBe(403)
    else await expectRefusal(rig, answer, 'sink_blocked', session)
    expect(rig.upstream.received).toEqual([])
  })

  it.each([
    '/assets/../v1/reports',
    '/assets/%2e%2e/v1/reports',
    '/assets/%2E%2E/v1/reports',
    '/assets/..%2fv1/reports',
    '/assets/..%2Fv1/reports',
    '/assets/%252e%252e/v1/reports',
    '/assets/.%2E/v1/reports',
    '/assets/a/..;/v1/reports',
    '/assets/..\\v1/reports',
    '/assets/%5C..%5Cv1',
    '/assets//v1/reports',
    '/assets/a%00.js',
    '//assets/a.js',
  ])('a way out of the folder: %s', async (path) => {
    const { session, token } = await rig.open()
    await expectRefusal(rig, await rig.send(`GET ${path}`, token), 'target_refused', session)
    expect(rig.upstream.received).toEqual([])
  })

  it.each([
    'GET /assets',
    'GET /assets/',
    'GET /assets/folder/',
    'GET /Assets/a.js',
    'GET /assets/a:delete',
    'GET /assets/a%3Adelete',
    'GET /assetsx/a.js',
    'POST /assets/a.js',
    'PUT /assets/a.js',
    'DELETE /assets/a.js',
    'PATCH /assets/a.js',
  ])('what is not a file below the folder, asked for to be read: %s', async (first) => {
    const { session, token } = await rig.open()
    await expectRefusal(rig, await rig.send(first, token), 'route_undeclared', session)
    expect(rig.upstream.received).toEqual([])
  })

  it('another tenant’s name in the query', async () => {
    const { session, token } = await rig.open()
    await expectRefusal(rig, await rig.send('GET /assets/a.js?tenant=ten_b', token), 'other_tenant', session)
  })

  it('a session that is over', async () => {
    const { session, token } = await rig.open()
    await rig.revoke(session.id)
    await expectRefusal(rig, await rig.send('GET /assets/a.js', token), 'session_revoked', session)
    expect(rig.upstream.received).toEqual([])
  })
})
