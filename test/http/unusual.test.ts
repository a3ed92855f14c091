import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { authoritiesOf } from '../../server/src/inbound/authorities.ts'
import type { Visitor } from '../support/browser.ts'
import { openRaw, rawRequest, sendRaw } from '../support/raw.ts'
import { type Rig, startRig } from '../support/rig.ts'

let rig: Rig
let rob: Visitor
let port: number
let own: string[]
beforeAll(async () => {
  rig = await startRig()
  rob = await rig.visitorWith(['support_admin'])
  port = Number(new URL(rig.console_url).port)
  own = [`Host: localhost:${port}`, `Cookie: ${[...rob.cookies].map(([name, value]) => `${name}=${value}`).join('; ')}`]
})
afterAll(() => rig?.close())

const codeOf = (body: string | undefined): string | undefined =>
  body?.startsWith('{') ? (JSON.parse(body) as { code?: string }).code : undefined
const ask = async (first: string, headers: readonly string[] = own, body = '') => {
  const answer = await sendRaw(port, Buffer.concat([rawRequest(`${first} HTTP/1.1`, headers), Buffer.from(body)]), first.split(' ', 1)[0])
  return { ...answer, said: [answer?.status, codeOf(answer?.body)] }
}
const json = ['Content-Type: Application/JSON; Charset="utf-8"', 'Origin: ORIGIN', 'sec-fetch-site: same-origin']
const sending = () => [...own, ...json.map((line) => line.replace('ORIGIN', rig.console_url))]

describe('what is only unusual, and has one meaning, passes', () => {
  it.each([
    ['a whole address as the target', () => ask(`GET http://localhost:${port}/api/me`)],
    ['the same in capitals', () => ask(`GET HTTP://LOCALHOST:${port}/api/me`)],
    ['a host name in capitals', () => ask('GET /api/me', [`host: LOCALHOST:${port}`, ...own.slice(1)])],
    [
      'header names in capitals',
      () =>
        ask(
          'GET /api/me',
          own.map((line) => line.replace(/^[^:]+/, (name) => name.toUpperCase())),
        ),
    ],
    ['a letter of the path as an escape', () => ask('GET /api/%6De')],
    ['Connection: Keep-Alive', () => ask('GET /api/me', [...own, 'Connection: Keep-Alive'])],
  ])('%s', async (_, send) => {
    expect((await send()).said).toEqual([200, undefined])
  })

  it('a whole address without a path, which is that of the first page', async () => {
    expect((await ask(`GET http://localhost:${port}`)).said).toEqual([200, undefined])
  })

  it('a body in chunks, with extensions and a trailer', async () => {
    const chunked = '11;a=b;c="d"\r\n{"end_sessions": \r\n5\r\nfalse\r\n1;x\r\n}\r\n0\r\nX-Sum: 1\r\n\r\n'
    const answer = await ask('POST /auth/sign-out', [own[0] as string, ...sending().slice(2), 'Transfer-Encoding: Chunked'], chunked)
    expect(answer.said).toEqual([204, undefined])
  })

  it('a body that waits to be asked for', async () => {
    const connection = await openRaw(port)
    const headers = [own[0] as string, ...sending().slice(2), 'Content-Length: 2', 'Expect: 100-Continue']
    connection.send(rawRequest('POST /auth/sign-out HTTP/1.1', headers))
    expect((await connection.next())?.status).toBe(100)
    connection.send('{}')
    expect((await connection.next())?.status).toBe(204)
    connection.end()
  })

  it.each(['/', '/healthz', '/readyz', '/openapi.json', '/.well-known/jwks.json', '/log/key'])(
    'HEAD of what is anybody\u2019s: %s',
    async (path) => {
      const [get, head] = [await ask(`GET ${path}`, [own[0] as string]), await ask(`HEAD ${path}`, [own[0] as string])]
      expect([head.status, head.body, head.headers?.get('content-type')]).toEqual([200, '', get.headers?.get('content-type')])
    },
  )

  it('the port of the scheme in Host', () => {
    expect([...authoritiesOf('https://support.product.example')]).toEqual(['support.product.example', 'support.product.example:443'])
    expect([...authoritiesOf('https://[2001:db8::1]')]).toEqual(['[2001:db8::1]', '[2001:db8::1]:443'])
    expect([...authoritiesOf('http://localhost:4000')]).toEqual(['localhost:4000'])
  })
})

describe('what is refused on purpose', () => {
  it.each([
    ['a whole address of another host', () => ask('GET http://evil.example/api/me'), 400, 'invalid_request'],
    ['a whole address of another scheme', () => ask(`GET ftp://localhost:${port}/api/me`), 400, 'invalid_request'],
    ['the target *', () => ask('OPTIONS *'), 400, 'invalid_request'],
    ['two Hosts', () => ask('GET /api/me', [...own, own[0] as string]), 421, 'host_refused'],
    ['a Host with a dot at its end', () => ask('GET /api/me', [`Host: localhost.:${port}`, ...own.slice(1)]), 421, 'host_refused'],
    ['a Host of another port', () => ask('GET /api/me', ['Host: localhost:443', ...own.slice(1)]), 421, 'host_refused'],
    ['HEAD of data', () => ask('HEAD /api/me'), 404, undefined],
    ['HEAD of the answer of a provider, which would be used up', () => ask('HEAD /auth/callback?code=x&state=y'), 404, undefined],
    ['OPTIONS', () => ask('OPTIONS /api/me'), 404, 'not_found'],
    ['a slash at the end of a path', () => ask('GET /api/me/'), 404, 'not_found'],
    ['a path in capitals', () => ask('GET /API/me'), 404, 'not_found'],
    ['two slashes', () => ask('GET //api/me'), 404, 'not_found'],
    ['a segment that leads up', () => ask('GET /api/x/../me'), 404, 'not_found'],
    ['an escape that is none', () => ask('GET /api/%zz'), 400, 'invalid_request'],
    ['what is expected and nobody does', () => ask('GET /api/me', [...own, 'Expect: 200-ok']), 400, 'invalid_request'],
  ] as const)('%s', async (_, send, status, code) => {
    expect((await send()).said).toEqual([status, code])
  })
})
