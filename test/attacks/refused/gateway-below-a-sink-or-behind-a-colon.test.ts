import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

// GW-6: a sink that blocks less than it seems to, and a parameter that matches what another router takes for a verb.
describe('below a sink, or behind a colon', () => {
  let rig: GatewayRig
  beforeAll(async () => {
    rig = await startGatewayRig()
  })
  afterAll(() => rig.close())

  it('everything below a sink that ends with ** is blocked, on the record', async () => {
    const { session, token } = await rig.open()
    for (const path of ['/v1/admin', '/v1/admin/', '/v1/admin/users', '/v1/ADMIN/users/7/keys', '/v1/admin/users:export'])
      await expectRefusal(rig, await rig.send(`GET ${path}`, token), 'sink_blocked', session)
    expect(rig.upstream.received).toEqual([])
  })

  it('a parameter never matches a colon', async () => {
    const { session, token } = await rig.open()
    for (const last of ['7:delete', '7%3Adelete', ':', '7:'])
      await expectRefusal(rig, await rig.send(`GET /v1/reports/${last}`, token), 'route_undeclared', session)
    expect(rig.upstream.received).toEqual([])
  })
})
