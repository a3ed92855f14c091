import { type ErrorCode, errorCatalogue } from '@countersign/contract/errors.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RawAnswer, rawRequest, sendRaw } from '../support/raw.ts'
import { until } from '../support/until.ts'
import { type GatewayRig, startGatewayRig } from './rig.ts'

const long = 'x'.repeat(10_000)
const values = [
  '',
  'x',
  '\xff\xfe',
  '\xed\xa0\x80',
  '%00',
  '-1',
  '1e400',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59-16:00',
  long,
  '[['.repeat(2_000),
  'a, b',
  'a; b; c',
  '"',
]
const names = [
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Authorization',
  'Cache-Control',
  'Connection',
  'Content-Encoding',
  'Content-Length',
  'Content-Type',
  'Cookie',
  'Countersign-Assertion',
  'Expect',
  'Forwarded',
  'Host',
  'Idempotency-Key',
  'If-Match',
  'If-Modified-Since',
  'If-None-Match',
  'If-Range',
  'If-Unmodified-Since',
  'Origin',
  'Prefer',
  'Range',
  'Referer',
  'TE',
  'Trailer',
  'Transfer-Encoding',
  'Upgrade',
  'Via',
  'X-API-Key',
  'X-Forwarded-For',
  'X-HTTP-Method-Override',
  'X-Request-Id',
  'X-Tenant-Id',
]
const targets = [
  '/%',
  '/%FF',
  '/v1/reports/%00',
  '/v1/reports/%ED%A0%80',
  '/v1/reports/\xff',
  `/v1/reports/${long}`,
  '/v1/reports?x=%00',
  '/v1/reports?x=%ED%A0%80',
  '/v1/reports?x=0000-01-01T00:00:00Z',
  '/v1/reports?x=%',
  '/v1/reports?__proto__=1',
  '/v1/reports?constructor=1&__proto__=2',
  `/v1/reports?x=${long}`,
  '*',
  'http://evil.example/',
]

describe('hostile values at the gateway', () => {
  let rig: GatewayRig
  let token: string
  beforeAll(async () => {
    rig = await startGatewayRig()
    token = (await rig.open({ scopes: ['reports:write', 'reports:read'] })).token
  })
  afterAll(() => rig.close())

  /** Answered by the product, or refused in full and on the record as that alone; never our own fault. */
  const expectSound = async (what: string, answer: RawAnswer | undefined): Promise<void> => {
    if (answer === undefined) {
      // Where the next bytes are no request any more, the parser ends the connection: the refusal is on the record alone.
      expect(what).toContain('Transfer-Encoding')
      return
    }
    const id = answer.headers.get('x-request-id') ?? ''
    const shown = [what.slice(0, 120), answer.status, answer.body.slice(0, 300)]
    expect([...shown, id]).toEqual([...shown, expect.stringMatching(/^req_[0-9a-f]{32}$/)])
    expect([...shown, answer.headers.get('x-content-type-options')]).toEqual([...shown, 'nosniff'])
    if (answer.status === 200) return
    expect([...shown, answer.status >= 400 && answer.status < 500]).toEqual([...shown, true])
    const problem = JSON.parse(answer.body) as { code: ErrorCode; hint: string; request_id: string; status: number }
    expect([...shown, errorCatalogue[problem.code]?.status, problem.request_id]).toEqual([...shown, answer.status, id])
    expect(problem.hint).not.toBe('')
    const events = await rig.events({ request_id: id })
    expect([...shown, events.map(({ result }) => result)]).toEqual([...shown, ['deny']])
  }

  it.each(names)('in the header %s', async (name) => {
    for (const method of ['GET', 'POST']) {
      for (const headers of [...values.map((value) => [`${name}: ${value}`]), [`${name}: a`, `${name}: b`]]) {
        const plain = [rig.host, `Authorization: Bearer ${token}`, ...(method === 'POST' ? ['Content-Length: 0'] : [])]
        const lines = [...plain.filter((line) => !line.startsWith(`${name}:`)), ...headers, 'Connection: close']
        const sent = name === 'Connection' ? lines.slice(0, -1) : lines
        await expectSound(`${method} ${headers}`, await sendRaw(rig.port, rawRequest(`${method} /v1/reports HTTP/1.1`, sent)))
      }
    }
  })

  it('no request that has no length it can be read by is on the record as done', async () => {
    const before = (await rig.events()).length
    await sendRaw(rig.port, rawRequest('POST /v1/reports HTTP/1.1', [rig.host, `Authorization: Bearer ${token}`, 'Transfer-Encoding: x']))
    const events = await until(async () => {
      const found = (await rig.events()).slice(before)
      return found.length > 0 ? found : undefined
    })
    expect(events.map(({ result, code }) => [result, code])).toEqual([['deny', 'header_refused']])
  })

  it.each(targets)('in the target %s', async (target) => {
    const request = rawRequest(`GET ${target} HTTP/1.1`, [rig.host, `Authorization: Bearer ${token}`, 'Connection: close'])
    await expectSound(target, await sendRaw(rig.port, request))
  })
})
