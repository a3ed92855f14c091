import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'
import { rawRequest, sendRaw } from '../../support/raw.ts'

let rig: GatewayRig
let token: string
beforeAll(async () => {
  rig = await startGatewayRig()
  token = (await rig.open({ scopes: ['reports:write', 'reports:read'] })).token
})
afterAll(() => rig.close())

const post = (headers: string[], body: string) =>
  rawRequest('POST /v1/reports HTTP/1.1', [rig.host, `Authorization: Bearer ${token}`, ...headers], body)

describe('FR-4 framing that another reader could take differently', () => {
  it.each([
    ['GET /v1/reports HTTP/2.0', [], ''],
    ['GET /v1/reports HTTP/3.0', [], ''],
    ['GET /v1/reports HTTP/1.2', [], ''],
    ['GET /v1/reports HTTX/1.1', [], ''],
    ['GET /v1/reports HTTP/1.1 ', [], ''],
    ['GET /v1/reports', [], ''],
    ['PRI * HTTP/2.0', [], ''],
  ])('is refused: %j', async (first, headers, body) => {
    rig.upstream.forget()
    const answer = await sendRaw(rig.port, rawRequest(first, [rig.host, `Authorization: Bearer ${token}`, ...headers], body))
    expect(answer?.status).toBe(400)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it.each([
    [['Content-Length: 005'], 'hello'],
    [['Content-Length: +5'], 'hello'],
    [['Content-Length: 5, 5'], 'hello'],
    [['Content-Length: 0x5'], 'hello'],
    [['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
    [['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], '0\r\n\r\n'],
    [['Transfer-Encoding: xchunked'], '0\r\n\r\n'],
    [['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n'],
    [['Transfer-Encoding: Chunked'], '0\r\n\r\n'],
    [['Transfer-Encoding: chunked;x=1'], '0\r\n\r\n'],
    [['Transfer_Encoding: chunked', 'Content-Length: 5'], '0\r\n\r\n'],
    [['Expect: 200-ok', 'Content-Length: 2'], '{}'],
    [['Content-Encoding: gzip', 'Content-Length: 2'], '{}'],
  ])('is refused: %j', async (headers, body) => {
    rig.upstream.forget()
    const answer = await sendRaw(rig.port, post(headers, body))
    // Where the parser gives up on the body in the meantime, the connection ends without an answer.
    expect([400, 415, undefined]).toContain(answer?.status)
    expect(rig.upstream.bytes()).toHaveLength(0)
    const events = await rig.events()
    expect(events.at(-1)).toMatchObject({ result: 'deny' })
  })

  it('is cut when a chunk’s size is none, or too long to be one', async () => {
    for (const size of ['zz', '10000000000000000', '-1', '5 ']) {
      rig.upstream.forget()
      const answer = await sendRaw(rig.port, post(['Transfer-Encoding: chunked'], `${size}\r\nhello\r\n0\r\n\r\n`))
      expect(answer === undefined || answer.status >= 400, size).toBe(true)
      expect(rig.upstream.received.every(({ body }) => body.length === 0)).toBe(true)
    }
  })

  it('is refused with a body longer than allowed, by its length and by its bytes', async () => {
    rig.upstream.forget()
    const announced = await sendRaw(rig.port, post(['Content-Length: 100001'], ''))
    expect(announced?.status).toBe(413)
    expect(rig.upstream.bytes()).toHaveLength(0)
    const chunk = `4000\r\n${'a'.repeat(0x4000)}\r\n`
    const counted = await sendRaw(rig.port, post(['Transfer-Encoding: chunked'], chunk.repeat(10)))
    expect(counted?.status).toBe(413)
    expect(rig.upstream.received[0]?.body.length ?? 0).toBeLessThanOrEqual(100_000)
    expect(rig.upstream.bytes().toString('latin1').endsWith('0\r\n\r\n')).toBe(false)
  })
})
