import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'
import { rawRequest, sendRaw } from '../../support/raw.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())

/*
 * Node's parser passes over these before anything of ours sees the request. They have one meaning each, and they end here:
 * the product is sent a request line and a framing of our own.
 */
describe('FR-4 what Node’s parser passes over', () => {
  it.each([
    '\r\nGET /v1/reports HTTP/1.1',
    '\r\n\r\n\nGET /v1/reports HTTP/1.1',
    '\rGET /v1/reports HTTP/1.1',
    'GET  /v1/reports HTTP/1.1',
    'GET   /v1/reports   HTTP/1.1',
  ])('is one request, and the product sees no trace of it: %j', async (first) => {
    rig.upstream.forget()
    const { session, token } = await rig.open()
    const answer = await sendRaw(rig.port, rawRequest(first, [rig.host, `Authorization: Bearer ${token}`]))
    expect(answer?.status).toBe(200)
    const sent = rig.upstream.bytes().toString('latin1')
    expect(sent).toMatch(/^GET \/v1\/reports HTTP\/1\.1\r\n/)
    expect(sent.split('\r\n\r\n')).toHaveLength(2)
    const admitted = await rig.events({ session_id: session.id, action: 'SUPPORT_SESSION.REQUEST.ADMITTED' })
    expect(admitted).toMatchObject([{ request: { method: 'GET', path: '/v1/reports' } }])
  })

  it('is a chunk’s size with zeros in front: the body is framed anew', async () => {
    rig.upstream.forget()
    const { token } = await rig.open({ scopes: ['reports:write'] })
    const size = '5'.padStart(17, '0')
    const answer = await rig.send('POST /v1/reports', token, ['Transfer-Encoding: chunked'], `${size}\r\nhello\r\n0\r\n\r\n`)
    expect(answer.status).toBe(200)
    expect(rig.upstream.received.map(({ body }) => body.toString())).toEqual(['hello'])
    expect(rig.upstream.bytes().toString('latin1')).not.toContain(size)
  })
})
