import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

it('S13 a POST in a read_only session: 403, the missing scope named, on the record, and nothing forwarded', async () => {
  const { session, token } = await rig.open()
  expect(session.scopes).toEqual(['members:read', 'reports:read'])
  const body = '{"name":"x"}'
  const answer = await rig.send('POST /v1/reports', token, ['Content-Type: application/json', `Content-Length: ${body.length}`], body)
  expect(answer.status).toBe(403)
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'scope_missing', scope: 'reports:write' })
  const event = await expectRefusal(rig, answer, 'scope_missing', session)
  expect(event.request).toMatchObject({ method: 'POST', path: '/v1/reports', route: '/v1/reports', scope: 'reports:write' })
  expect(rig.upstream.bytes()).toHaveLength(0)
})
