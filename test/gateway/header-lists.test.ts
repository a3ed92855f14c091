import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { complainOfForwarding, complainOfPassing, forwardedAlways, passedAlways } from '../../server/src/header-names.ts'
import { type GatewayRig, startGatewayRig } from './rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig({
    gateway: 'forward_headers: [Stripe-Version, X-API-Version]\n  pass_headers: [X-RateLimit-Remaining, deprecation, sunset]',
  })
})
afterAll(() => rig.close())

describe('headers that pass', () => {
  it('to the product: what is listed, and what the configuration adds', async () => {
    rig.upstream.forget()
    const { token } = await rig.open()
    const sent = {
      'user-agent': 'report-tool/2',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'a=1, b=2',
      prefer: 'return=minimal',
      'stripe-version': '2026-10-01',
      'x-api-version': '3',
    }
    const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}`)
    await rig.send('GET /v1/reports', token, [...lines, 'X-Other: 1', 'DNT: 1'])
    const [received] = rig.upstream.received
    for (const [name, value] of Object.entries(sent)) expect(received?.headers.get(name)).toBe(value)
    expect(received?.headers.has('x-other')).toBe(false)
  })

  it('as one list where a list was sent in several lines', async () => {
    rig.upstream.forget()
    const { token } = await rig.open()
    await rig.send('GET /v1/reports', token, ['Prefer: wait=5', 'Prefer: return=minimal', 'If-None-Match: "a"', 'If-None-Match: "b"'])
    expect(rig.upstream.received[0]?.headers.get('prefer')).toBe('wait=5, return=minimal')
    expect(rig.upstream.received[0]?.headers.get('if-none-match')).toBe('"a", "b"')
  })

  it('to the caller: what is listed, and what the configuration adds', async () => {
    const { token } = await rig.open()
    rig.upstream.answer = (_, response) =>
      response
        .writeHead(200, {
          'preference-applied': ['return=minimal', 'wait=5'],
          'x-ratelimit-remaining': '7',
          deprecation: '@1',
          sunset: 'Sat, 01 Jan 2028 00:00:00 GMT',
          'x-other': '1',
          vary: ['accept', 'accept-language'] as never,
          'content-disposition': 'attachment; filename="\u00c3\u00a9.pdf"',
        })
        .end()
    const { headers } = await rig.send('GET /v1/reports', token)
    expect(headers.get('preference-applied')).toBe('return=minimal, wait=5')
    expect(headers.get('vary')).toBe('accept, accept-language')
    expect([headers.get('x-ratelimit-remaining'), headers.get('deprecation')]).toEqual(['7', '@1'])
    expect(headers.get('content-disposition')).toBe('attachment; filename="\u00c3\u00a9.pdf"')
    expect(headers.has('x-other')).toBe(false)
  })

  it('are left out, and named, where one of which there is one came twice: the request has been carried out', async () => {
    const { token } = await rig.open({ scopes: ['reports:write'] })
    rig.upstream.answer = (_, response) =>
      response.writeHead(201, { etag: ['"1"', '"2"'] as never, 'content-type': ['text/html', 'text/plain'] as never }).end('made')
    const { status, headers, body } = await rig.send('POST /v1/reports', token, ['Content-Length: 0'])
    expect([status, body]).toEqual([201, 'made'])
    expect(headers.get('countersign-withheld')?.split(', ').sort()).toEqual(['content-type', 'etag'])
    expect([headers.has('etag'), headers.get('content-type')]).toEqual([false, 'application/octet-stream'])
  })

  it('are all in the documentation', () => {
    const page = readFileSync(new URL('../../docs/gateway.md', import.meta.url), 'utf8')
    for (const name of [...forwardedAlways, ...passedAlways]) expect(page).toContain(`\`${name}\``)
  })
})

describe('HD-9 HD-10 a header that is never added to them', () => {
  it.each([
    ...[
      'authorization',
      'proxy-authorization',
      'x-auth-token',
      'cookie',
      'x-api-key',
      'api-key',
      'x-amz-security-token',
      'x-csrf-token',
      'x-session-id',
    ],
    ...['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'content-length', 'expect', 'host'],
    ...['countersign-assertion', 'countersign-request-id', 'x-countersign-tenant', 'x-request-id', 'sec-fetch-site', 'x-support-session'],
    ...[
      'forwarded',
      'via',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-real-ip',
      'cf-connecting-ip',
      'x-original-url',
      'x-http-method-override',
    ],
    ...['x-tenant-id', 'x-user', 'x-actor', 'origin', 'referer', 'x_tenant', 'x tenant', '', 'x:y', 'ü'],
  ])('to the product: %j', (name) => {
    expect(complainOfForwarding(name)).toBeTypeOf('string')
  })

  it.each([
    ...['set-cookie', 'set-cookie2', 'www-authenticate', 'proxy-authenticate', 'authentication-info', 'clear-site-data', 'x-auth-token'],
    ...['access-control-allow-origin', 'content-security-policy', 'content-security-policy-report-only', 'cross-origin-opener-policy'],
    ...[
      'strict-transport-security',
      'x-frame-options',
      'x-content-type-options',
      'refresh',
      'location',
      'link',
      'alt-svc',
      'nel',
      'report-to',
    ],
    ...['cache-control', 'service-worker-allowed', 'speculation-rules', 'sourcemap', 'countersign-withheld', 'x-request-id', 'connection'],
    ...['content-length', 'transfer-encoding', 'x-accel-redirect', 'content-location'],
  ])('to the caller: %j', (name) => {
    expect(complainOfPassing(name)).toBeTypeOf('string')
  })

  it.each(['stripe-version', 'x-api-version', 'accept-version', 'x-correlation-id', 'baggage'])('as others are: %s', (name) => {
    expect(complainOfForwarding(name)).toBeUndefined()
  })

  it.each(['ratelimit', 'ratelimit-policy', 'x-ratelimit-limit', 'deprecation', 'sunset', 'server-timing', 'x-runtime', 'warning'])(
    'as others are: %s',
    (name) => {
      expect(complainOfPassing(name)).toBeUndefined()
    },
  )
})
