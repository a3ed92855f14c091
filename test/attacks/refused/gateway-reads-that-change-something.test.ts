import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

describe('GW-6 GW-12 what is not declared, or never reachable', () => {
  it.each([
    '/unsubscribe?u=1',
    '/v1/reports/1/delete',
    '/v0/reports',
    '/',
    '/.well-known/jwks.json',
    '/actuator/env',
    '/debug/pprof',
    '/metrics',
    '/v2/reports',
  ])('is denied by default: GET %s', async (target) => {
    rig.upstream.forget()
    const { session, token } = await rig.open()
    const answer = await rig.send(`GET ${target}`, token)
    expect(answer.status).toBe(403)
    await expectRefusal(rig, answer, 'route_undeclared', session)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it.each(['POST /v1/account/password', 'POST /v1/account/Password', 'GET /v1/logout', 'HEAD /v1/logout', 'GET /v1/logout/'])(
    'is blocked as a sink, whatever the scopes: %s',
    async (first) => {
      rig.upstream.forget()
      const { session, token } = await rig.open({ scopes: ['reports:write', 'reports:read', 'members:read'] })
      const answer = await rig.send(first, token)
      expect(answer.status).toBe(403)
      if (!first.startsWith('HEAD')) await expectRefusal(rig, answer, 'sink_blocked', session)
      expect(rig.upstream.bytes()).toHaveLength(0)
    },
  )
})
