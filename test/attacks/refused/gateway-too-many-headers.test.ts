import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

describe('HD-11 more headers than anybody needs', () => {
  it('are refused with 431 from the 101st', async () => {
    const { session, token } = await rig.open()
    const headers = (count: number) => Array.from({ length: count }, (_, i) => `X-N-${i}: 1`)
    expect((await rig.send('GET /v1/reports', token, headers(98))).status).toBe(200)
    for (const count of [99, 600]) {
      rig.upstream.forget()
      const answer = await rig.send('GET /v1/reports', token, headers(count))
      expect(answer.status).toBe(431)
      // Beyond that, the parser gives up before there is a request that could name its session.
      await expectRefusal(rig, answer, 'headers_too_large', count === 99 ? session : undefined)
      expect(rig.upstream.bytes()).toHaveLength(0)
    }
  })

  it('are refused with 431 beyond 16 kB', async () => {
    rig.upstream.forget()
    const { token } = await rig.open()
    const answer = await rig.send('GET /v1/reports', token, [`X-Big: ${'a'.repeat(17_000)}`])
    expect(answer.status).toBe(431)
    await expectRefusal(rig, answer, 'headers_too_large')
    expect(rig.upstream.bytes()).toHaveLength(0)
  })
})
