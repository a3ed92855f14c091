import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

describe('HD-3 a Connection header that would have a hop drop what was judged', () => {
  it.each([
    'close, X-Support-Session',
    'Authorization',
    'Cookie',
    'Host',
    'Content-Length',
    'close, Countersign-Assertion',
    'keep-alive,te',
    'close close',
  ])('is refused: %s', async (value) => {
    rig.upstream.forget()
    const { session, token } = await rig.open()
    await expectRefusal(rig, await rig.send('GET /v1/reports', token, [`Connection: ${value}`]), 'header_refused', session)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it('is fine with close and keep-alive, and what we mint reaches the product', async () => {
    for (const value of ['close', 'keep-alive', 'Close', 'Keep-Alive, close', 'KEEP-ALIVE', ',', 'close,, ,keep-alive']) {
      rig.upstream.forget()
      const { token } = await rig.open()
      expect((await rig.send('GET /v1/reports', token, [`Connection: ${value}`])).status).toBe(200)
      expect(rig.upstream.received[0]?.headers.get('countersign-assertion')).toBeDefined()
    }
  })
})
