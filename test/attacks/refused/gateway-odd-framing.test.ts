import type { Session } from '@countersign/contract/sessions.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, expectRefusal, type GatewayRig, startGatewayRig } from '../../gateway/rig.ts'
import { rawRequest, sendRaw } from '../../support/raw.ts'
import { until } from '../../support/until.ts'

let rig: GatewayRig
let session: Session
let token: string
beforeAll(async () => {
  rig = await startGatewayRig()
  ;({ session, token } = await rig.open({ scopes: ['reports:write', 'reports:read'] }))
})
afterAll(() => rig.close())

const post = (headers: string[], body: string) =>
  rawRequest('POST /v1/reports HTTP/1.1', [rig.host, `Authorization: Bearer ${token}`, ...headers], body)

/** What was recorded since there were `before` events, once there are `count`. */
const eventsAfter = async (before: number, count: number) => {
  await until(async () => (await rig.events()).length >= before + count)
  return (await rig.events()).slice(before)
}

describe('FR-4 framing that another reader could take differently', () => {
  it.each([
    'GET /v1/reports HTTP/3.0',
    'GET /v1/reports HTTP/1.2',
    'GET /v1/reports HTTP/1.10',
    'GET /v1/reports HTTX/1.1',
    'GET /v1/reports HTTP/1.1 ',
    'GET\t/v1/reports HTTP/1.1',
    ' GET /v1/reports HTTP/1.1',
    'PRI * HTTP/2.0',
  ])('is refused by the parser: %j', async (first) => {
    rig.upstream.forget()
    const answer = await sendRaw(rig.port, rawRequest(first, [rig.host, `Authorization: Bearer ${token}`]))
    await expectRefusal(rig, answer, 'invalid_request')
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it.each(['GET /v1/reports HTTP/2.0', 'GET /v1/reports'])('is refused on the record of its session: %j', async (first) => {
    rig.upstream.forget()
    const answer = await sendRaw(rig.port, rawRequest(first, [rig.host, `Authorization: Bearer ${token}`]))
    await expectRefusal(rig, answer, 'invalid_request', session)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it('is refused by the parser: lines that end in a line feed alone', async () => {
    rig.upstream.forget()
    const request = rawRequest('GET /v1/reports HTTP/1.1', [rig.host, `Authorization: Bearer ${token}`])
    await expectRefusal(rig, await sendRaw(rig.port, request.toString('latin1').replaceAll('\r\n', '\n')), 'invalid_request')
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it.each([
    [['Content-Length: +5'], 'hello'],
    [['Content-Length: 5, 5'], 'hello'],
    [['Content-Length: 0x5'], 'hello'],
    [['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
    [['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], '0\r\n\r\n'],
    [['Transfer-Encoding: chunked, chunked'], '0\r\n\r\n'],
  ])('is refused by the parser: %j', async (headers, body) => {
    rig.upstream.forget()
    await expectRefusal(rig, await sendRaw(rig.port, post(headers, body)), 'invalid_request')
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it.each([
    ['header_refused', ['Content-Length: 005'], 'hello'],
    ['header_refused', ['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n'],
    ['header_refused', ['Transfer_Encoding: chunked', 'Content-Length: 5'], '0\r\n\r\n'],
    ['header_refused', ['Expect: 200-ok', 'Content-Length: 2'], '{}'],
    ['unsupported_media_type', ['Content-Encoding: gzip', 'Content-Length: 2'], '{}'],
  ])('is refused as %s on the record of its session: %j', async (code, headers, body) => {
    rig.upstream.forget()
    await expectRefusal(rig, await sendRaw(rig.port, post(headers, body)), code, session)
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it.each(['xchunked', 'chunked;x=1', 'chunked;q=1'])(
    'is refused on the record where the parser gives up on the body meanwhile: %s',
    async (coding) => {
      rig.upstream.forget()
      const before = (await rig.events()).length
      const answer = await sendRaw(rig.port, post([`Transfer-Encoding: ${coding}`], '0\r\n\r\n'))
      // The parser may end the connection before there is an answer.
      if (answer) expect(codeOf(answer)).toBe('header_refused')
      const events = await eventsAfter(before, 1)
      expect(events).toMatchObject([
        { action: 'SUPPORT_SESSION.REQUEST.REFUSED', result: 'deny', code: 'header_refused', session_id: session.id },
      ])
      expect(rig.upstream.bytes()).toHaveLength(0)
    },
  )

  it.each(['zz', '10000000000000000', '-1', '5 '])('is cut when a chunk’s size is none, or too long to be one: %j', async (size) => {
    rig.upstream.forget()
    const before = (await rig.events()).length
    const answer = await sendRaw(rig.port, post(['Transfer-Encoding: chunked'], `${size}\r\nhello\r\n0\r\n\r\n`))
    expect(answer).toBeUndefined()
    const events = await eventsAfter(before, 2)
    expect(events).toMatchObject([
      { action: 'SUPPORT_SESSION.REQUEST.ADMITTED', session_id: session.id },
      { action: 'SUPPORT_SESSION.REQUEST.FAILED', result: 'error', code: 'client_abort', request: { id: events[0]?.request?.id } },
    ])
    expect(rig.upstream.received.every(({ body }) => body.length === 0)).toBe(true)
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
