import { afterAll, beforeAll, expect, it } from 'vitest'
import { codeOf, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

it('FR-6 requests pipelined on one connection are judged one by one: those after a revoke are refused', async () => {
  const { session, token } = await rig.open()
  rig.upstream.forget()
  const connection = await rig.connect()
  connection.send(Buffer.concat(Array.from({ length: 50 }, () => rig.head('GET /v1/reports', token))))
  for (let i = 0; i < 50; i++) expect((await connection.next())?.status).toBe(200)
  await rig.revoke(session.id)
  connection.send(Buffer.concat(Array.from({ length: 50 }, () => rig.head('GET /v1/reports', token))))
  for (let i = 0; i < 50; i++) expect(codeOf(await connection.next())).toBe('session_revoked')
  connection.end()
  expect(rig.upstream.received).toHaveLength(50)
  const refused = await rig.events({ session_id: session.id, action: 'SUPPORT_SESSION.REQUEST.REFUSED' })
  expect(refused).toHaveLength(50)
})
