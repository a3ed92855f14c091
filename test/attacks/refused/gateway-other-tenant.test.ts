import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig({ tenants: ['ten_a', 'ten_b', 'acme:eu'] })
})
afterAll(() => rig.close())

describe('SE-7 a session of one tenant used on another', () => {
  it.each([
    '/v1/tenants/ten_b/members',
    '/v1/tenants/TEN_A/members',
    '/v1/tenants/ten_a%24/members',
    '/v1/tenants/ten_/members',
    '/v1/tenants/ten_a/members?tenant=ten_b',
  ])('is refused in the path or the query, in the log of its own tenant: %s', async (target) => {
    rig.upstream.forget()
    const { session, token } = await rig.open()
    const answer = await rig.send(`GET ${target}`, token)
    expect(answer.status).toBe(403)
    const event = await expectRefusal(rig, answer, 'other_tenant', session)
    expect(event.tenant_id).toBe('ten_a')
    expect(rig.upstream.bytes()).toHaveLength(0)
    expect((await rig.events()).filter(({ tenant_id }) => tenant_id === 'ten_b')).toEqual([])
  })

  it('is refused by host and by header', async () => {
    const { token } = await rig.open()
    expect(codeOf(await rig.send('GET /v1/reports', token, ['X-Tenant-Id: ten_b']))).toBe('header_refused')
  })

  it('is let through on its own, in plain form', async () => {
    const { token } = await rig.open()
    expect((await rig.send('GET /v1/tenants/ten_a/members?tenant_id=ten_a', token)).status).toBe(200)
  })

  it('is not reached by an id with a colon, which could be a verb of another route', async () => {
    const odd = await rig.open({ tenant_id: 'acme:eu' })
    for (const id of ['acme:eu', 'acme%3Aeu'])
      expect(codeOf(await rig.send(`GET /v1/tenants/${id}/members`, odd.token))).toBe('route_undeclared')
  })
})
