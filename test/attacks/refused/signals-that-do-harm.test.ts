import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { minuteAgo, type SignalRig, startSignalRig } from '../../health/signals-rig.ts'

let rig: SignalRig
beforeAll(async () => {
  rig = await startSignalRig()
})
afterAll(() => rig?.close())
beforeEach(async () => {
  // Writes what was counted before.
  await rig.state()
  await rig.asSuperuser('truncate health_minutes, signal_counts, signal_points, signal_unknown')
})

const causes = async () => Object.fromEntries((await rig.state()).last_24h.refused.map(({ cause, count }) => [cause, count]))
const minute = (members: object) => ({ tenant_id: rig.tenant, minute: minuteAgo(1), calls: 1, errors: 0, ...members })
const send = (...minutes: object[]) => rig.post('/v1/signals', { source: 'x', minutes })
const text = (minute: string) =>
  rig.post('/v1/signals', `{"source":"x","minutes":[{"tenant_id":"${rig.tenant}","minute":"${minuteAgo(1)}",${minute}}]}`)

describe('DL-6 values that are none', () => {
  it.each<[string, string, string]>([
    ['NaN', '"calls":NaN,"errors":0', 'malformed_json'],
    ['"NaN"', '"calls":"NaN","errors":0', 'invalid_request'],
    ['1e400', '"calls":1e400,"errors":0', 'invalid_request'],
    ['negative', '"calls":-1,"errors":0', 'invalid_request'],
    ['10^18', '"calls":1000000000000000000,"errors":0', 'invalid_request'],
    ['a fraction', '"calls":1.5,"errors":0', 'invalid_request'],
    ['more errors than calls', '"calls":1,"errors":2', 'invalid_request'],
    ['none', '"errors":0', 'invalid_request'],
    ['a member that nobody knows', '"calls":1,"errors":0,"error":0', 'invalid_request'],
    ['__proto__', '"calls":1,"errors":0,"__proto__":{"calls":9}', 'invalid_request'],
    ['a thousand arrays in one another', `"calls":1,"errors":0,"routes":${'['.repeat(10_000)}${']'.repeat(10_000)}`, 'invalid_request'],
  ])('%s is refused with the member, and counted', async (_name, given, code) => {
    const { status, body } = await text(given)
    expect([status, body.code]).toEqual([400, code])
    expect(body.hint).toBeTruthy()
    if (code === 'invalid_request') expect(body.errors?.[0]?.path).toMatch(/^\/minutes\/0/)
    expect(await causes()).toEqual({ [code]: 1 })
    expect(await rig.total()).toEqual({ calls: 0, errors: 0 })
  })

  it('one bad minute keeps out the whole call: all of it or nothing', async () => {
    expect((await send(minute({}), minute({ minute: minuteAgo(2), calls: -1 }))).status).toBe(400)
    expect(await rig.total()).toEqual({ calls: 0, errors: 0 })
  })

  it('two values for one minute say neither', async () => {
    expect(await send(minute({}), minute({ calls: 2 }))).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ path: '/minutes/1', message: 'is given twice' }] },
    })
  })

  it('a year ahead, a year ago and half a minute are left out or refused', async () => {
    const year = 365 * 24 * 60
    expect(await send(minute({ minute: minuteAgo(-year) }), minute({ minute: minuteAgo(year) }), minute({}))).toMatchObject({
      status: 200,
      body: { accepted: 1, left_out: 2 },
    })
    expect(await causes()).toEqual({ future: 1, too_old: 1 })
    expect((await send(minute({ minute: new Date(Date.now() - 61_001).toISOString() }))).status).toBe(400)
    expect((await send(minute({ minute: '0000-01-01T00:00:00Z' }))).status).toBe(400)
    expect((await send(minute({ minute: '9999-12-31T23:59:00Z' }))).status).toBe(400)
    expect((await send(minute({ minute: '2199-12-31T23:59:00Z' }))).status).toBe(200)
  })
})

describe('DL-6 RS-1 labels and sizes', () => {
  it.each([
    ['64 kB', 'x'.repeat(65_536)],
    ['NUL', 'ten_\0'],
    ['half of a surrogate', 'ten_\ud800'],
    ['a space', 'ten a'],
    ['nothing', ''],
  ])('a tenant of %s is refused', async (_name, tenant_id) => {
    expect(await send(minute({ tenant_id }))).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  })

  it('HTML in labels is text', async () => {
    const html = '<img/src=x/onerror=alert(1)>'
    const routes = [{ route: html, method: html, status: 500, calls: 1, errors: 1 }]
    expect(await send(minute({ tenant_id: html, routes, errors: 1 }))).toMatchObject({ status: 200, body: { unknown_tenants: [html] } })
    expect((await rig.state()).unknown_tenants).toMatchObject([{ tenant_id: html }])
  })

  it('another tenant’s minutes stay as they are, and a name of SQL is a name', async () => {
    await send(minute({ calls: 5 }))
    await send(minute({ tenant_id: `x'||(select'1')--`, calls: 500 }))
    expect(await rig.total()).toEqual({ calls: 5, errors: 0 })
  })

  it('more than 10,000 minutes are refused', async () => {
    const many = Array.from({ length: 10_001 }, (_, n) => minute({ tenant_id: `ten_${n}` }))
    expect(await send(...many)).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ path: '/minutes' }] } })
  })

  it('more than 4 MB on the wire are refused before they are read', async () => {
    const { status, body } = await rig.post('/v1/signals', Buffer.alloc(4_000_001, ' '))
    expect([status, body.code]).toEqual([413, 'body_too_large'])
    expect(await causes()).toEqual({ body_too_large: 1 })
  })

  it.each(['/v1/signals', '/otlp/v1/metrics'])(
    'RS-1 a gzip bomb at %s is cut at 8 MB',
    async (path) => {
      const bomb = gzipSync(Buffer.alloc(100_000_000, ' '))
      expect(bomb.length).toBeLessThan(100_000)
      const before = process.memoryUsage().rss
      const { status, body } = await rig.post(path, bomb, { 'content-encoding': 'gzip' })
      expect([status, body.code]).toEqual([413, 'body_too_large'])
      expect(process.memoryUsage().rss - before).toBeLessThan(80e6)
      expect(await causes()).toEqual({ body_too_large: 1 })
    },
    120_000,
  )

  it('what is no gzip, or packed in another way, or twice, is refused', async () => {
    expect((await rig.post('/v1/signals', 'x', { 'content-encoding': 'gzip' })).body.code).toBe('invalid_request')
    expect((await rig.post('/v1/signals', 'x', { 'content-encoding': 'br' })).body.code).toBe('unsupported_media_type')
    expect((await rig.post('/v1/signals', gzipSync('{}'), { 'content-encoding': 'gzip, gzip' })).body.code).toBe('unsupported_media_type')
    expect((await rig.post('/v1/signals', '{}', { 'content-type': 'text/plain' })).body.code).toBe('unsupported_media_type')
    expect((await rig.post('/v1/signals', '{}', { 'content-type': 'application/x-protobuf' })).body.code).toBe('unsupported_media_type')
  })

  it.each([
    ['JSON', 'application/json', () => gzipSync(`{"resourceMetrics":[${'{},'.repeat(2_000_000)}{}]}`)],
    ['protobuf', 'application/x-protobuf', () => gzipSync(Buffer.alloc(7_000_000, Buffer.from([0x0a, 0])))],
  ])('RS-1 millions of empty objects in %s are counted before they are made', async (_name, type, make) => {
    const answer = await rig.post('/otlp/v1/metrics', make(), { 'content-type': type, 'content-encoding': 'gzip' })
    expect(answer.status).toBe(413)
    expect(await causes()).toEqual({ body_too_large: 1 })
  })

  it('bytes that are no protobuf are refused', async () => {
    for (const bytes of [
      Buffer.from('{}'),
      Buffer.alloc(1_000, 0xff),
      Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
      Buffer.from([0x0b]),
    ])
      expect((await rig.post('/otlp/v1/metrics', bytes, { 'content-type': 'application/x-protobuf' })).status).toBe(400)
    expect(await causes()).toEqual({ invalid_request: 4 })
  })
})

describe('DL-6 too much for strangers to the directory', () => {
  it('has a limit, and is counted beyond it', async () => {
    await rig.asSuperuser(
      `insert into signal_unknown (tenant_id, source, minute, body)
       select 'ten_' || n, 'json:x', now(), '{"span":"minute","calls":1,"errors":0}' from generate_series(1, 99999) n`,
    )
    const answer = await send(...[1, 2, 3].map((n) => minute({ tenant_id: `ten_stranger_${n}` })))
    expect(answer).toMatchObject({ status: 200, body: { accepted: 0, unknown: 1 } })
    expect(await causes()).toEqual({ unknown_full: 2 })
  })
})
