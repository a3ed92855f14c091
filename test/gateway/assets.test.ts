import type { LoggedEvent } from '@countersign/contract/events.ts'
import { AccessLogPage } from '@countersign/contract/sessions.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { listAccessLog } from '../../server/src/audit/access-log.ts'
import { createSequencer } from '../../server/src/sequencer/sequence.ts'
import { noteUnknownOutcomes } from '../../server/src/sessions/outcomes.ts'
import { readReceipt } from '../../server/src/sessions/receipt.ts'
import { asSuperuser } from '../support/database.ts'
import { openRaw, rawRequest } from '../support/raw.ts'
import { until } from '../support/until.ts'
import { type BrowserRig, startBrowserRig } from './browser-rig.ts'
import { codeOf, type GatewayRig, startGatewayRig, startReplica } from './rig.ts'

let rig: GatewayRig
let sequencer: ReturnType<typeof createSequencer>
const quiet = { error: () => {}, info: () => {}, warn: () => {} }
beforeAll(async () => {
  rig = await startGatewayRig({ gateway: "assets: ['/assets/**', { path: /favicon.ico }]" })
  const { store, keys, dataDir } = rig.database
  sequencer = createSequencer({ store, keys, dataDir, origin: 'test.example/log', log: quiet })
})
afterAll(() => rig.close())

const etag = '"v1"'
beforeEach(() => {
  rig.upstream.forget()
  rig.upstream.answer = (request, response) => {
    if (request.headers['if-none-match'] === etag)
      return void response.writeHead(304, { etag, 'cache-control': 'public, max-age=60' }).end()
    if (request.url?.includes('missing')) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('no')
    if (request.url?.includes('gone')) return void request.socket.destroy()
    const headers = { 'content-type': 'text/javascript', etag, 'cache-control': 'public, max-age=60, s-maxage=900', 'set-cookie': 'a=b' }
    response.writeHead(200, headers).end('x'.repeat(100))
  }
})

const eventsOf = async (sessionId: string, action: string) =>
  (await rig.events({ session_id: sessionId })).filter((event) => event.action === action) as LoggedEvent[]
const admittedIds = async (sessionId: string) =>
  (await eventsOf(sessionId, 'SUPPORT_SESSION.ASSET.ADMITTED')).map(({ request }) => request?.id)
const filesOf = async (sessionId: string) =>
  (await eventsOf(sessionId, 'SUPPORT_SESSION.ASSET.LOADED')).flatMap((event) =>
    event.action === 'SUPPORT_SESSION.ASSET.LOADED' ? event.details.files : [],
  )
const accessLog = async (sessionId: string) => {
  await sequencer.drain()
  return AccessLogPage.parse(await listAccessLog(rig.database.store, sessionId, { limit: 50 })).items
}

describe('static files of the product', () => {
  it('P2 each is admitted, needs no scope, and the product is told neither who asks nor any cookie', async () => {
    const { session, token } = await rig.open({ scopes: ['members:read'] })
    const answer = await rig.send('GET /assets/app.js?v=1', token, ['Cookie: a=b', 'X-Request-Id: mine'])
    expect([answer.status, answer.body.length, answer.headers.get('set-cookie')]).toEqual([200, 100, undefined])
    const [received] = rig.upstream.received
    expect(received?.target).toBe('/assets/app.js?v=1')
    expect([...(received?.headers.keys() ?? [])]).not.toEqual(expect.arrayContaining(['countersign-assertion']))
    expect(received?.headers.has('cookie')).toBe(false)
    expect(received?.headers.get('countersign-request-id')).toBe(answer.headers.get('x-request-id'))
    const [admitted] = await eventsOf(session.id, 'SUPPORT_SESSION.ASSET.ADMITTED')
    expect(admitted).toMatchObject({ tenant_id: 'ten_a', request: { method: 'GET', path: '/assets/app.js?v=1', route: '/assets/**' } })
    expect(admitted?.request?.scope).toBeUndefined()
    expect((await rig.send('HEAD /favicon.ico', token)).status).toBe(200)
    expect(codeOf(await rig.send('GET /v1/reports', token))).toBe('scope_missing')
  })

  it('their outcomes are one event a page, with count, bytes and statuses, and one row of the access log that has each file', async () => {
    const { session, token } = await rig.open()
    const names = ['a.js', 'b.js', 'missing.js', 'c.css']
    await Promise.all(names.map((name) => rig.send(`GET /assets/${name}`, token)))
    await rig.send('GET /assets/a.js', token, [`If-None-Match: ${etag}`])
    await until(async () => (await filesOf(session.id)).length === 5)
    const [loaded, ...more] = await eventsOf(session.id, 'SUPPORT_SESSION.ASSET.LOADED')
    expect(more).toEqual([])
    expect(loaded).toMatchObject({
      result: 'ok',
      tenant_id: 'ten_a',
      request: { method: 'GET', bytes: 302 },
      details: { count: 5, statuses: { 200: 3, 304: 1, 404: 1 } },
    })
    expect((await filesOf(session.id)).map(({ id }) => id).sort()).toEqual((await admittedIds(session.id)).sort())
    const [row, ...others] = await accessLog(session.id)
    expect(others).toEqual([])
    expect(row).toMatchObject({ outcome: 'completed', bytes: 302, request_id: loaded?.request?.id })
    expect(row?.files?.map(({ path, status }) => `${path} ${status}`).sort()).toEqual([
      '/assets/a.js 200',
      '/assets/a.js 304',
      '/assets/b.js 200',
      '/assets/c.css 200',
      '/assets/missing.js 404',
    ])
    const receipt = await readReceipt(rig.database.store.db, 'test', session.id)
    expect(receipt?.totals).toMatchObject({ requests: 5, completed: 5, unknown: 0 })
    expect(receipt?.requests).toContainEqual({
      ...{ method: 'GET', route: '/assets/**', outcome: 'completed', status: 200, code: null, count: 3 },
    })
  })

  it('may be kept by the browser alone, as the product says; what is no file is not', async () => {
    const { token } = await rig.open()
    const cachingOf = async (first: string, headers: string[] = []) => (await rig.send(first, token, headers)).headers.get('cache-control')
    expect(await cachingOf('GET /assets/a.js')).toBe('private, max-age=60')
    expect(await cachingOf('GET /assets/a.js', [`If-None-Match: ${etag}`])).toBe('private, max-age=60')
    expect(await cachingOf('GET /assets/missing.js')).toBe('no-store')
    expect(await cachingOf('GET /v1/reports')).toBe('no-store')
    for (const [said, told] of [
      [undefined, 'private, no-cache'],
      ['no-store, max-age=5', 'no-store'],
      ['immutable, Max-Age=31536000, made-up', 'private, immutable, max-age=31536000'],
    ] as const) {
      rig.upstream.answer = (_, response) => void response.writeHead(200, said ? { 'cache-control': said } : {}).end('x')
      expect(await cachingOf('GET /assets/a.js')).toBe(told)
    }
    // The gateway's own origin is every session's: what one was given, another does not find.
    expect((await rig.send('GET /assets/a.js', token)).headers.get('vary')).toBe('authorization')
  })

  it('passes ranges and conditions', async () => {
    rig.upstream.answer = (_, response) =>
      void response.writeHead(206, { 'content-range': 'bytes 0-3/100', 'accept-ranges': 'bytes', etag }).end('abcd')
    const { token } = await rig.open()
    const answer = await rig.send('GET /assets/film.mp4', token, ['Range: bytes=0-3', 'If-Range: "v1"'])
    expect([answer.status, answer.body, answer.headers.get('content-range')]).toEqual([206, 'abcd', 'bytes 0-3/100'])
    expect(rig.upstream.received[0]?.headers.get('range')).toBe('bytes=0-3')
    expect(rig.upstream.received[0]?.headers.get('if-range')).toBe('"v1"')
  })

  it('a file that the product does not give is in the outcome of its page too, with why', async () => {
    const { session, token } = await rig.open()
    expect(codeOf(await rig.send('GET /assets/gone.js', token))).toBe('upstream_unavailable')
    await until(async () => (await filesOf(session.id)).length === 1)
    const [loaded] = await eventsOf(session.id, 'SUPPORT_SESSION.ASSET.LOADED')
    expect(loaded).toMatchObject({ result: 'error', code: 'upstream_unavailable', details: { statuses: {} } })
    expect((await accessLog(session.id))[0]).toMatchObject({ outcome: 'failed', code: 'upstream_unavailable' })
  })

  it('P9 a file under way is cut when the session is revoked, and recorded at once', async () => {
    rig.upstream.answer = (_, response) => void response.writeHead(200).write('x'.repeat(5_000))
    const { session, token } = await rig.open()
    const connection = await rig.connect()
    connection.send(rig.head('GET /assets/film.mp4', token))
    await until(() => connection.pending().includes('xxx'))
    await rig.revoke(session.id)
    await connection.closed
    await until(async () => (await filesOf(session.id)).length === 1)
    expect((await filesOf(session.id))[0]).toMatchObject({ status: 200, code: 'session_revoked', bytes: expect.any(Number) })
  })

  it('a gateway that closes leaves no file without its outcome; two hundred of them are one event at most', async () => {
    const other = await startReplica(rig, quiet)
    const { session, token } = await rig.open()
    const { port } = other.address
    const load = async (worker: number) => {
      const connection = await openRaw(port)
      for (let i = 0; i < 50; i++) {
        connection.send(rawRequest(`GET /assets/${worker}/${i}.js HTTP/1.1`, [`Host: localhost:${port}`, `Authorization: Bearer ${token}`]))
        expect((await connection.next())?.status).toBe(200)
      }
      connection.end()
    }
    await Promise.all([1, 2, 3, 4, 5].map(load))
    await other.close(0)
    const loads = await eventsOf(session.id, 'SUPPORT_SESSION.ASSET.LOADED')
    const counts = loads.map((event) => (event.action === 'SUPPORT_SESSION.ASSET.LOADED' ? event.details.count : 0))
    expect(counts).toEqual([200, 50])
    expect((await filesOf(session.id)).map(({ id }) => id).sort()).toEqual((await admittedIds(session.id)).sort())
  })

  it('I2 files that a program left open are noted as unknown, those that it recorded are not', async () => {
    const lost = await startReplica(rig, quiet)
    const { session, token } = await rig.open()
    const { port } = lost.address
    await rig.send('GET /assets/known.js', token)
    await until(async () => (await filesOf(session.id)).length === 1)
    const connection = await openRaw(port)
    const request = (name: string) =>
      connection.send(rawRequest(`GET /assets/${name} HTTP/1.1`, [`Host: localhost:${port}`, `Authorization: Bearer ${token}`]))
    for (const name of ['x.js', 'y.js']) {
      request(name)
      await connection.next()
    }
    // As after kill -9: what waits to be recorded is not.
    await lost.writer.close()
    await asSuperuser(
      rig.database.superuserUrl,
      `update support_sessions set issued_at = clock_timestamp() - interval '30 minutes', expires_at = clock_timestamp() - interval '61 seconds' where id = $1`,
      [session.id],
    )
    await sequencer.drain()
    expect(await noteUnknownOutcomes(rig.database)).toBe(2)
    expect(await noteUnknownOutcomes(rig.database)).toBe(0)
    const files = await filesOf(session.id)
    expect(files.map(({ code }) => code)).toEqual([undefined, 'outcome_unknown', 'outcome_unknown'])
    expect(files.map(({ id }) => id).sort()).toEqual((await admittedIds(session.id)).sort())
    expect((await accessLog(session.id))[0]?.files?.map(({ path }) => path)).toEqual(['/assets/x.js', '/assets/y.js'])
    connection.end()
    await lost.close(0).catch(() => {})
  })
})

describe('static files in a view', () => {
  let browser: BrowserRig
  beforeAll(async () => {
    browser = await startBrowserRig({ gateway: "assets: ['/assets/**']" })
  })
  afterAll(() => browser.close())

  it('are admitted as the view’s, without its cookie, and may be kept by the browser at that origin', async () => {
    const entered = await browser.enter()
    browser.upstream.answer = (_, response) => void response.writeHead(200, { 'cache-control': 'public, max-age=60' }).end('x')
    const asScript = ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: script']
    const answer = await browser.fetch(entered, 'GET /assets/app.js', asScript)
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'private, max-age=60'])
    expect(browser.upstream.received.at(-1)?.headers.has('countersign-assertion')).toBe(false)
    const admitted = (await browser.events({ session_id: entered.session.id })).find(
      ({ action }) => action === 'SUPPORT_SESSION.ASSET.ADMITTED',
    )
    expect(admitted).toMatchObject({ request: { path: '/assets/app.js' }, details: { via: 'browser' } })
    const refused = await browser.fetch(entered, 'GET /assets/app.js', [
      'Sec-Fetch-Site: cross-site',
      'Sec-Fetch-Mode: no-cors',
      'Sec-Fetch-Dest: script',
    ])
    expect(codeOf(refused)).toBe('cross_site')
  })
})
