import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'
import { rawRequest, sendRaw } from '../../support/raw.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

describe('HD-5 a request for another host', () => {
  it.each([
    ['Host: x/../y?#@z'],
    ['Host:'],
    ['Host: evil.example'],
    ['Host: localhost'],
    ['Host: localhost:1'],
    ['Host: localhost.:4001'],
    ['Host: user@localhost:4001'],
    [],
  ])('is refused: %s', async (...headers) => {
    rig.upstream.forget()
    const { session, token } = await rig.open()
    const answer = await sendRaw(rig.port, rawRequest('GET /v1/reports HTTP/1.1', [...headers, `Authorization: Bearer ${token}`]))
    expect(answer?.status).toBe(421)
    await expectRefusal(rig, answer, 'host_refused', session)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it('is refused in absolute form, unless it is the host of the Host header, which must be ours', async () => {
    rig.upstream.forget()
    const { session, token } = await rig.open()
    const answer = await rig.send('GET http://evil.example/v1/reports', token)
    await expectRefusal(rig, answer, 'target_refused', session)
    const request = rawRequest('GET http://evil.example/v1/reports HTTP/1.1', ['Host: evil.example', `Authorization: Bearer ${token}`])
    await expectRefusal(rig, await sendRaw(rig.port, request), 'host_refused', session)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })
})
