import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hostileHeaders, leaked } from '../support/hostile-headers.ts'
import { openRaw, rawRequest } from '../support/raw.ts'
import { until } from '../support/until.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { type BrowserRig, type Entered, hostOf, ownFetch, ownNavigation, startBrowserRig } from './browser-rig.ts'
import { codeOf } from './rig.ts'

let rig: BrowserRig
let api: Upstream
let entered: Entered
beforeAll(async () => {
  api = await startUpstream()
  rig = await startBrowserRig({
    gateway: [
      `upstreams: { api: '${api.url}' }`,
      "upstream_aliases: { default: ['https://app.product.example'], api: ['https://api.product.example'] }",
      "browser_sources: ['https://cdn.product.example']",
      'pass_headers: [x-quota]',
    ].join('\n  '),
    routes: `
    - { method: GET, path: /kept, scope: 'reports:read', cookies: kept }
    - { method: POST, path: /kept, scope: 'reports:write', cookies: kept }
    - { method: GET, path: /data, scope: 'reports:read', upstream: api }
    - { method: PUT, path: /data, scope: 'reports:write', upstream: api }`,
  })
  entered = await rig.enter({ scopes: ['reports:read', 'reports:write'] })
})
afterAll(async () => {
  await rig?.close()
  await api?.close()
})
beforeEach(() => {
  rig.upstream.forget()
  api.forget()
})

const origins = () => ({ app: entered.origins[0]?.origin ?? '', api: entered.origins[1]?.origin ?? '' })
const page = '<a href="https://app.product.example/x">x</a><img src="https://api.product.example/i.png">'
const rewritten = () => `<a href="${origins().app}/x">x</a><img src="${origins().api}/i.png">`
const html = { 'content-type': 'text/html; charset=utf-8' }

describe('a page of the product in a browser', () => {
  it('has its addresses lead to the view, and is asked for unpacked', async () => {
    rig.upstream.answer = (_, response) => response.writeHead(200, { ...html, 'content-length': page.length, etag: '"1"' }).end(page)
    const answer = await rig.fetch(entered, 'GET /v1/reports', [...ownNavigation, 'Accept-Encoding: gzip, br'])
    expect([answer.body, answer.whole]).toEqual([rewritten(), true])
    expect([answer.headers.has('content-length'), answer.headers.get('etag')]).toEqual([false, '"1"'])
    expect(rig.upstream.received[0]?.headers.get('accept-encoding')).toBe('identity')
    const byToken = await rig.send('GET /v1/reports', entered.token)
    expect(byToken.body).toBe(page)
  })

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['zstd', zstdCompressSync],
  ] as const)('that comes packed all the same is unpacked: %s', async (encoding, pack) => {
    rig.upstream.answer = (_, response) => response.writeHead(200, { ...html, 'content-encoding': encoding }).end(pack(Buffer.from(page)))
    const answer = await rig.fetch(entered, 'GET /v1/reports', [...ownFetch, `Accept-Encoding: ${encoding}`])
    expect([answer.body, answer.headers.has('content-encoding')]).toEqual([rewritten(), false])
  })

  it('goes by as it comes', async () => {
    let finish = () => {}
    rig.upstream.answer = (_, response) => {
      response.writeHead(200, html).write(`${page}<p>`)
      finish = () => response.end('the end')
    }
    const connection = await openRaw(rig.port)
    connection.send(rawRequest('GET /v1/reports HTTP/1.1', [entered.host, `Cookie: ${entered.cookie}`, ...ownNavigation]))
    await until(() => connection.pending().includes(rewritten()))
    finish()
    expect((await connection.next())?.body).toBe(`${rewritten()}<p>the end`)
    connection.end()
  })

  it.each([
    ['gzip', Buffer.from('not packed')],
    ['gzip', gzipSync(page).subarray(0, 30)],
    ['gzip', gzipSync(Buffer.alloc(40_000_000, 'x'))],
    ['br', brotliCompressSync(Buffer.alloc(40_000_000, 'x'))],
  ])('that does not unpack, or to far more than it is, is cut and on the record: %s %#', async (encoding, body) => {
    rig.upstream.answer = (_, response) => response.writeHead(200, { ...html, 'content-encoding': encoding }).end(body)
    const answer = await rig.fetch(entered, 'GET /v1/reports', ownFetch)
    expect(answer.whole).toBe(false)
    expect(answer.body.length).toBeLessThan(6_000_000)
    const events = await until(async () => {
      const found = await rig.events({ request_id: answer.headers.get('x-request-id') ?? '' })
      return found.length === 3 ? found : undefined
    })
    expect(events[2]).toMatchObject({ action: 'SUPPORT_SESSION.REQUEST.CUT', code: 'upstream_refused' })
  })

  it.each(['compress', 'gzip, br', 'constructor'])('that is packed in an unknown way is refused: %s', async (encoding) => {
    rig.upstream.answer = (_, response) => response.writeHead(200, { ...html, 'content-encoding': encoding }).end(page)
    expect(codeOf(await rig.fetch(entered, 'GET /v1/reports', ownFetch))).toBe('upstream_refused')
  })

  it('other answers go as they came: data, parts, packed scripts', async () => {
    for (const headers of [{ 'content-type': 'application/json' }, { 'content-type': 'text/plain' }, { 'content-type': 'text/htmlx' }]) {
      rig.upstream.answer = (_, response) => response.writeHead(200, headers).end(page)
      expect((await rig.fetch(entered, 'GET /v1/reports')).body).toBe(page)
    }
    rig.upstream.answer = (_, response) => response.writeHead(206, { ...html, 'content-range': 'bytes 0-9/99' }).end(page.slice(0, 10))
    const part = await rig.fetch(entered, 'GET /v1/reports', [...ownFetch, 'Range: bytes=0-9'])
    expect([part.status, part.body]).toEqual([206, page.slice(0, 10)])
    rig.upstream.answer = (_, response) =>
      response.writeHead(200, { 'content-type': 'text/javascript', 'content-encoding': 'gzip' }).end(gzipSync('x'))
    const script = await rig.fetch(entered, 'GET /v1/reports', [...ownFetch, 'Accept-Encoding: gzip'])
    expect(script.headers.get('content-encoding')).toBe('gzip')
  })

  it('GW-11 its redirects lead to the view, and out of it nowhere', async () => {
    rig.upstream.answer = (_, response) => response.writeHead(302, { location: 'https://api.product.example/data' }).end()
    const inside = await rig.fetch(entered, 'GET /v1/reports', ownNavigation)
    expect([inside.status, inside.headers.get('location')]).toEqual([302, `${origins().api}/data`])
    rig.upstream.answer = (_, response) => response.writeHead(302, { location: 'https://evil.example/' }).end()
    const outside = await rig.fetch(entered, 'GET /v1/reports', ownNavigation)
    expect([outside.headers.has('location'), outside.headers.get('content-type')]).toEqual([false, 'text/html; charset=utf-8'])
  })
})

describe('HD-10 headers of a product that means harm to a browser', () => {
  it('are left behind, and ours stand in their place', async () => {
    rig.upstream.answer = (_, response) => response.writeHead(200, { ...hostileHeaders, ...html }).end('x')
    const { headers } = await rig.fetch(entered, 'GET /v1/reports', ownNavigation)
    const ours = ['content-security-policy', 'origin-agent-cluster', 'permissions-policy', 'referrer-policy', 'x-content-type-options']
    const ids = ['connection', 'countersign-promise', 'countersign-request-id', 'x-request-id']
    const apart = ['cache-control', 'cross-origin-embedder-policy', 'cross-origin-resource-policy', 'strict-transport-security']
    expect(leaked(headers, [...ours, ...ids, ...apart])).toEqual([])
    expect(headers.get('origin-agent-cluster')).toBe('?1')
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).not.toContain('*')
    expect(policy).toContain(`script-src ${origins().app} ${origins().api} https://cdn.product.example 'unsafe-inline'`)
    expect(policy).toContain(`connect-src ${origins().app} ${origins().api} wss://`)
    expect(policy.match(/connect-src [^;]*|form-action [^;]*|frame-src [^;]*/g)?.join()).not.toContain('cdn.product.example')
  })
})

describe('the product’s cookies', () => {
  const set = (line: string) => {
    rig.upstream.answer = (_, response) => response.writeHead(200, { 'set-cookie': line }).end('{}')
  }

  it('HD-9 HD-10 are kept at the gateway where the route says so, never reach the browser, and are gone with the session', async () => {
    const own = await rig.enter({ scopes: ['reports:read', 'reports:write'] })
    set('sid=1; Path=/; HttpOnly; Secure')
    const first = await rig.fetch(own, 'GET /kept')
    expect(first.headers.has('set-cookie')).toBe(false)
    rig.upstream.forget()
    // What the browser itself sends as cookies stays behind.
    await rig.fetch({ ...own, cookie: `sid=forged; ${own.cookie}` }, 'GET /kept')
    await rig.fetch(own, 'GET /v1/reports')
    expect(rig.upstream.received.map(({ headers }) => headers.get('cookie'))).toEqual(['sid=1', undefined])
    // Neither another session, nor the token of this one.
    rig.upstream.forget()
    entered = await rig.enter({ scopes: ['reports:read', 'reports:write'] })
    await rig.fetch(entered, 'GET /kept')
    await rig.send('GET /kept', own.token)
    expect(rig.upstream.received.map(({ headers }) => headers.get('cookie'))).toEqual([undefined, undefined])
  })

  it('are dropped where the route does not say so', async () => {
    set('sid=2; Path=/')
    expect((await rig.fetch(entered, 'GET /v1/reports')).headers.has('set-cookie')).toBe(false)
    rig.upstream.forget()
    await rig.fetch(entered, 'GET /kept')
    expect(rig.upstream.received[0]?.headers.get('cookie') ?? '').not.toContain('sid=2')
  })
})

describe('two upstreams of one view', () => {
  const sister = () => [`Origin: ${origins().app}`, 'Sec-Fetch-Site: same-site', 'Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty']

  it('a preflight between them is answered here, and nothing is forwarded', async () => {
    const headers = [...sister(), 'Access-Control-Request-Method: PUT', 'Access-Control-Request-Headers: content-type,x-a']
    const answer = await rig.fetch({ ...entered, host: hostOf(origins().api), cookie: 'none=1' }, 'OPTIONS /data', headers)
    expect(answer.status).toBe(204)
    expect(
      Object.fromEntries([...answer.headers].filter(([name]) => name.startsWith('access-control-') && !name.includes('expose'))),
    ).toEqual({
      'access-control-allow-origin': origins().app,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'PUT',
      'access-control-allow-headers': 'content-type,x-a',
      'access-control-max-age': '600',
    })
    expect(api.bytes()).toHaveLength(0)
  })

  it('each is entered for itself; a page of one may read what the other answers', async () => {
    const view = await rig.openView(entered.session.id)
    const [app, other] = view.origins.map(({ origin }) => origin) as [string, string]
    const { browser, cookie } = await rig.loadEnter(other)
    const code = await rig.mint(entered.session.id, view, { origin: other, browser })
    const answer = await rig.sendCode(other, { code, cookie, path: null })
    const given = { ...entered, host: hostOf(other), cookie: answer.headers.get('set-cookie')?.split(';', 1)[0] ?? '' }
    const headers = [`Origin: ${app}`, 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: cors', 'Sec-Fetch-Dest: empty']
    api.answer = (_, response) => response.writeHead(200, { 'x-quota': '7', 'x-hidden': '1', 'content-type': 'text/plain' }).end('data')
    const read = await rig.fetch(given, 'GET /data', headers)
    // All that passes may be read by its scripts, and nothing else does.
    const exposed = read.headers.get('access-control-expose-headers')?.split(', ') ?? []
    expect([read.headers.get('x-quota'), read.headers.has('x-hidden')]).toEqual(['7', false])
    expect(exposed).toEqual(expect.arrayContaining(['x-quota', 'etag', 'link', 'location', 'countersign-withheld', 'x-request-id']))
    expect(exposed).not.toContain('set-cookie')
    expect([read.status, read.headers.get('access-control-allow-origin')]).toEqual([200, app])
    expect(api.received).toHaveLength(1)
    // Without an Origin, as for an image, its Referer says where it is.
    const image = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: image', `Referer: ${app}/`]
    expect((await rig.fetch(given, 'GET /data', image)).status).toBe(200)
    // The routes of one are not those of the other, and neither is its cookie.
    expect(codeOf(await rig.fetch(given, 'GET /v1/reports', ownFetch))).toBe('route_undeclared')
    expect(codeOf(await rig.fetch({ ...given, host: hostOf(app) }, 'GET /v1/reports', ownFetch))).toBe('view_refused')
  })
})
