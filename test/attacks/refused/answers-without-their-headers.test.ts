import { afterAll, beforeAll, expect, it } from 'vitest'
import { securityHeaders } from '../../../server/src/http/headers.ts'
import { newVisitor } from '../../support/browser.ts'
import { rawRequest, sendRaw } from '../../support/raw.ts'
import { type Rig, startRig } from '../../support/rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig?.close())

const expectHeaders = (what: string, get: (name: string) => string | null | undefined) => {
  for (const [name, value] of Object.entries(securityHeaders(rig.browser_origin)))
    expect([what, name, get(name)]).toEqual([what, name, value])
}

it('WB-1 the policy allows nothing from elsewhere, no inline script and no untrusted sink', () => {
  const own = securityHeaders('https://*.view.example')
  const policy = own['content-security-policy']
  for (const part of [
    "default-src 'none'",
    "script-src 'self'",
    "require-trusted-types-for 'script'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    'frame-src https://*.view.example',
  ]) {
    expect(policy).toContain(part)
  }
  expect(policy).not.toContain('unsafe')
  expect(own['strict-transport-security']).toMatch(/max-age=(\d{8,})/)
})

it('WB-1 stands on pages, data, refusals, redirects, streams, the local provider and what is not there', async () => {
  const admin = await rig.visitorWith(['support_admin'])
  const nobody = newVisitor(rig.console_url)
  const answers: [string, Response][] = [
    ['page', await nobody.get('/tenants', { accept: 'text/html' })],
    ['unknown page', await nobody.get('/nowhere', { accept: 'text/html' })],
    ['data', await admin.get('/api/me')],
    ['401', await nobody.get('/api/me')],
    ['403', await (await rig.visitorWith(['auditor'])).get('/api/sessions')],
    ['404', await admin.get('/api/nothing')],
    ['400', await admin.get('/api/audit?limit=many')],
    ['cross site', await admin.send('POST', '/api/sessions', {}, { origin: 'https://evil.example' })],
    ['redirect', await nobody.get('/auth/sign-in?as=rob')],
    ['tenant 401', await nobody.get('/v1/audit')],
    ['checkpoint', await nobody.get('/log/checkpoint')],
    ['health', await nobody.get('/healthz')],
    ['openapi', await nobody.get('/openapi.json')],
    ['local provider', await nobody.get('/local-oidc/.well-known/openid-configuration')],
    ['local provider 404', await nobody.get('/local-oidc/nothing')],
  ]
  for (const [what, response] of answers) {
    expectHeaders(what, (name) => response.headers.get(name))
    expect([what, response.headers.get('x-request-id')]).toEqual([what, expect.stringMatching(/^req_[0-9a-f]{32}$/)])
    await response.body?.cancel()
  }
  const stream = await admin.get('/api/audit/stream')
  expect(stream.headers.get('content-type')).toContain('text/event-stream')
  expectHeaders('stream', (name) => stream.headers.get(name))
  await stream.body?.cancel()
})

it('WB-1 stands on what is refused before there is a request', async () => {
  const { port } = new URL(rig.console_url)
  const answer = await sendRaw(Number(port), 'GET / HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n')
  expect(answer?.status).toBe(400)
  expectHeaders('broken request', (name) => answer?.headers.get(name))
  expect(JSON.parse(answer?.body ?? '')).toMatchObject({ code: 'invalid_request', hint: expect.any(String) })
})

it.each([
  ['an escape that is none', 'GET /%', {}, 400, 'invalid_request'],
  ['a path that is not UTF-8', 'GET /api/users/%FF', {}, 400, 'invalid_request'],
  ['half a character in a path', 'GET /api/tenants/%ED%A0%80', {}, 400, 'invalid_request'],
  ['an over-long id', `GET /api/users/${'x'.repeat(5_000)}`, {}, 400, 'invalid_request'],
  ['a method that there is not', 'PROPFIND /api/users', {}, 403, 'cross_site'],
  ['an expectation', 'GET /healthz', { Expect: 'miracles' }, 400, 'invalid_request'],
  ['no host name', 'GET /api/me', { Host: undefined }, 421, 'host_refused'],
  ['a foreign host name and an escape that is none', 'GET /%', { Host: 'evil.example' }, 421, 'host_refused'],
  ['a foreign host name and an over-long id', `GET /api/users/${'x'.repeat(5_000)}`, { Host: 'evil.example' }, 421, 'host_refused'],
  ['a foreign host name and a path that is not there', 'GET /nothing', { Host: 'evil.example' }, 421, 'host_refused'],
] as const)('WB-1 stands on what is refused before a route is found: %s', async (_what, first, given, status, code) => {
  const { port, host } = new URL(rig.console_url)
  const headers = Object.entries({ Host: host, Connection: 'close', ...given } as Record<string, string | undefined>)
  const lines = headers.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
  const answer = await sendRaw(Number(port), rawRequest(`${first} HTTP/1.1`, lines))
  expectHeaders(first, (name) => answer?.headers.get(name))
  expect([answer?.status, answer?.headers.get('content-type')]).toEqual([status, 'application/problem+json'])
  const problem = JSON.parse(answer?.body ?? '') as { request_id: string }
  expect(problem).toMatchObject({ code, status, hint: expect.stringMatching(/./) })
  expect([problem.request_id, answer?.headers.get('x-request-id')]).toEqual(Array(2).fill(expect.stringMatching(/^req_[0-9a-f]{32}$/)))
})

it('answers only to its own host name, so that a rebound name reads nothing', async () => {
  const { port } = new URL(rig.console_url)
  const answer = await sendRaw(Number(port), `GET /api/sign-in/options HTTP/1.1\r\nHost: evil.example:${port}\r\nConnection: close\r\n\r\n`)
  expect(answer?.status).toBe(421)
  expect(JSON.parse(answer?.body ?? '')).toMatchObject({ code: 'host_refused' })
})
