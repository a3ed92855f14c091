import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

describe('WS-1 another protocol on the same connection', () => {
  it.each([
    [['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13']],
    [['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 1']],
    [['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA']],
    [['Connection: Upgrade', 'Upgrade: foo']],
    [['Upgrade: websocket']],
    [['HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA']],
  ])('is refused, and the connection ends: %j', async (headers) => {
    rig.upstream.forget()
    const { session, token } = await rig.open()
    const connection = await rig.connect()
    connection.send(rig.head('GET /v1/reports', token, headers))
    const answer = await connection.next()
    expect(answer?.status).toBe(400)
    await expectRefusal(rig, answer, 'upgrade_refused', session)
    // Whoever takes it for a 101 talks to nobody.
    connection.send(Buffer.from([0x81, 0x85, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
    await connection.closed
    expect(connection.pending()).toHaveLength(0)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })
})
