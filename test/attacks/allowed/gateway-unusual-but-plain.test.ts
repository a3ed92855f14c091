import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'
import { rawRequest, sendRaw } from '../../support/raw.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

describe('RFC 9110 what is only unusual, and has one meaning', () => {
  it.each(['bearer TOKEN', 'BEARER TOKEN', 'Bearer  TOKEN', ' \tBearer TOKEN \t'])('is a credential: %j', async (written) => {
    rig.upstream.forget()
    const { token } = await rig.open()
    const answer = await sendRaw(
      rig.port,
      rawRequest('GET /v1/reports HTTP/1.1', [rig.host, `Authorization:${written.replace('TOKEN', token)}`]),
    )
    expect(answer?.status).toBe(200)
    expect(rig.upstream.bytes().toString('latin1').toLowerCase()).not.toContain(token.toLowerCase())
  })

  it.each([
    ['Connection: Keep-Alive'],
    ['Connection: KEEP-ALIVE, , close'],
    ['Connection: keep-alive', 'Connection: close'],
    ['Keep-Alive: timeout=5, max=100'],
    ['TE: trailers'],
    ['Accept:'],
    ['Pragma: no-cache', 'Cache-Control: no-cache'],
  ])('is a header: %j', async (...lines) => {
    const { token } = await rig.open()
    expect((await rig.send('GET /v1/reports', token, lines)).status).toBe(200)
  })

  it.each(['Chunked', 'CHUNKED'])('is a framing, which is made anew: %s', async (coding) => {
    rig.upstream.forget()
    const { token } = await rig.open({ scopes: ['reports:write'] })
    const answer = await rig.send('POST /v1/reports', token, [`Transfer-Encoding: ${coding}`], '2\r\n{}\r\n0\r\n\r\n')
    expect(answer.status).toBe(200)
    expect(rig.upstream.received.map(({ body }) => body.toString())).toEqual(['{}'])
    expect(rig.upstream.bytes().toString('latin1')).not.toContain(coding)
  })
})
