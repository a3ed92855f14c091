import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

describe('HD-1 a header that says who, for whom, or what the request really is', () => {
  it.each([
    'X-Support-Session: ses_1',
    'X-Tenant-Id: ten_b',
    'X-Actor: root',
    'X-Staff: root',
    'X-Original-URL: /admin',
    'X-Rewrite-URL: /admin',
    'X-Original-Method: POST',
    'X-Middleware-Subrequest: middleware:middleware',
    'X-Accel-Redirect: /internal',
    'X-Sendfile: /etc/passwd',
    'X-Forwarded-User: root',
    'X-Auth-Request-Email: root@vendor.example',
    'Countersign-Assertion: e30.e30.',
    'Countersign-Request-Id: req_1',
    'X-Countersign-Tenant: ten_b',
  ])('is refused: %s', async (header) => {
    rig.upstream.forget()
    const { session, token } = await rig.open()
    const answer = await rig.send('GET /v1/reports', token, [header])
    expect(answer.status).toBe(400)
    await expectRefusal(rig, answer, 'header_refused', session)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it.each(['GoogleHC/1.0', 'kube-probe/1.30'])('does not let in whoever calls himself a probe: %s', async (agent) => {
    rig.upstream.forget()
    const { token } = await rig.open()
    const answer = await rig.send('GET /v1/undeclared', token, [`User-Agent: ${agent}`])
    expect(answer.status).toBe(403)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })
})
