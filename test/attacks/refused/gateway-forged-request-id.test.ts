import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

describe('HD-12 the caller’s own X-Request-Id', () => {
  it.each([
    ['req_00000000000000000000000000000000', 'req_00000000000000000000000000000000'],
    ['a\x1b[31mred', undefined],
    ['\xff\xfe', '\\xff\\xfe'],
    ['x'.repeat(5000), 'x'.repeat(128)],
    ['a b "c" \\', 'a\\x20b\\x20"c"\\x20\\x5c'],
  ])('is an attribute of the event, escaped and bounded, never the id', async (given, kept) => {
    rig.upstream.forget()
    const { session, token } = await rig.open()
    const answer = await rig.send('GET /v1/reports', token, [`X-Request-Id: ${given}`])
    if (kept === undefined) {
      expect(answer.status).toBe(400)
      return
    }
    expect(answer.status).toBe(200)
    const id = answer.headers.get('x-request-id')
    expect(id).not.toBe(given)
    expect(rig.upstream.received[0]?.headers.get('x-request-id')).toBe(id)
    const events = await rig.events({ session_id: session.id })
    for (const event of events.slice(1)) expect([event.request?.id, event.details]).toEqual([id, { client_request_id: kept }])
  })
})
