import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { closeFrame, Frames } from '../../server/src/gateway/streams/frames.ts'
import { openRaw, rawRequest } from '../support/raw.ts'
import { until } from '../support/until.ts'
import { type BrowserRig, hostOf, ownFetch, startBrowserRig } from './browser-rig.ts'
import { codeOf, type GatewayRig, startReplica } from './rig.ts'
import { accept, asks, closing, frame, type Opened, openAll, openSocket, switched } from './sockets.ts'

const routes = `
    - { method: GET, path: /v1/events, scope: 'reports:read', stream: sse }
    - { method: GET, path: /v1/live, scope: 'reports:read', stream: websocket, reads: true }`

let rig: BrowserRig
const quiet = { error: () => {}, info: () => {}, warn: () => {} }
beforeAll(async () => {
  rig = await startBrowserRig({ routes })
})
afterAll(() => rig.close())
beforeEach(() => {
  rig.upstream.forget()
  rig.upstream.answer = undefined
  rig.upstream.upgrade = undefined
})

const requestsOf = async (sessionId: string, from: GatewayRig = rig) =>
  (await from.events({ session_id: sessionId })).filter(({ action }) => action.startsWith('SUPPORT_SESSION.REQUEST.'))
const outcomeOf = async (sessionId: string) => {
  await until(async () => (await requestsOf(sessionId)).length === 2)
  return (await requestsOf(sessionId))[1]
}

describe('server-sent events', () => {
  let ended = 0
  beforeEach(() => {
    ended = 0
    rig.upstream.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).write('data: hello\n\n')
      response.once('close', () => ended++)
    }
  })
  const listen = async (token: string, port = rig.port, headers: string[] = []) => {
    const connection = await openRaw(port)
    connection.send(rawRequest('GET /v1/events HTTP/1.1', [`Host: localhost:${port}`, `Authorization: Bearer ${token}`, ...headers]))
    await until(() => connection.pending().includes('data: hello'))
    return connection
  }

  it('pass as they come, from where the caller had come to, and have their outcome when the caller leaves', async () => {
    const { session, token } = await rig.open()
    const connection = await listen(token, rig.port, ['Last-Event-ID: 41', 'Accept-Encoding: gzip'])
    const head = connection.pending().toString()
    expect(head).toMatch(/x-accel-buffering: no/i)
    expect(head).toMatch(/cache-control: no-store/i)
    const [received] = rig.upstream.received
    expect([received?.headers.get('last-event-id'), received?.headers.has('accept-encoding')]).toEqual(['41', false])
    expect(received?.headers.has('countersign-assertion')).toBe(true)
    expect((await requestsOf(session.id)).map(({ action }) => action)).toEqual(['SUPPORT_SESSION.REQUEST.ADMITTED'])
    connection.end()
    expect(await outcomeOf(session.id)).toMatchObject({
      action: 'SUPPORT_SESSION.REQUEST.COMPLETED',
      result: 'ok',
      request: { status: 200, route: '/v1/events', duration_ms: expect.any(Number) },
      details: { closed_by: 'caller' },
    })
    await until(() => ended === 1)
  })

  it('have their bytes in the outcome when the product ends them', async () => {
    rig.upstream.answer = (_, response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: hello\n\n')
    const { session, token } = await rig.open()
    const answer = await rig.send('GET /v1/events', token)
    expect(answer.body).toBe('data: hello\n\n')
    expect(await outcomeOf(session.id)).toMatchObject({ result: 'ok', request: { bytes: 13 }, details: { closed_by: 'product' } })
  })

  it('P9 are cut within a second of a revocation, also on another replica', async () => {
    const other = await startReplica(rig, quiet)
    const { session, token } = await rig.open()
    const [here, there] = [await listen(token), await listen(token, other.address.port)]
    await rig.revoke(session.id)
    const acknowledged = performance.now()
    await Promise.all([here.closed, there.closed])
    expect(performance.now() - acknowledged).toBeLessThan(1_000)
    await until(async () => (await requestsOf(session.id)).filter(({ code }) => code === 'session_revoked').length === 2)
    expect((await requestsOf(session.id)).at(-1)).toMatchObject({
      action: 'SUPPORT_SESSION.REQUEST.CUT',
      request: { bytes: expect.any(Number) },
    })
    await other.close(0)
  })

  it('do not hold up a gateway that closes', async () => {
    const other = await startReplica(rig, quiet)
    const { session, token } = await rig.open()
    const connection = await listen(token, other.address.port)
    const began = performance.now()
    await other.close(10_000)
    await connection.closed
    expect(performance.now() - began).toBeLessThan(5_000)
    expect((await outcomeOf(session.id))?.code).toBe('shutting_down')
  })

  it('an answer on such a route that is no stream is one like any other: recorded before it is released', async () => {
    rig.upstream.answer = (_, response) => void response.writeHead(403, { 'content-type': 'application/json' }).end('{}')
    const { session, token } = await rig.open()
    expect((await rig.send('GET /v1/events', token)).status).toBe(403)
    expect(await requestsOf(session.id)).toMatchObject([{}, { action: 'SUPPORT_SESSION.REQUEST.COMPLETED', request: { status: 403 } }])
  })

  it('reach a page of the product in a view', async () => {
    const entered = await rig.enter()
    const connection = await openRaw(rig.port)
    connection.send(rawRequest('GET /v1/events HTTP/1.1', [entered.host, `Cookie: ${entered.cookie}`, ...ownFetch]))
    await until(() => connection.pending().includes('data: hello'))
    await rig.closeView(entered.session.id, entered.view_id)
    await connection.closed
    await until(async () => (await requestsOf(entered.session.id)).at(-1)?.code === 'view_closed')
  })
})

describe('a WebSocket', () => {
  let opened: Opened[]
  beforeEach(() => {
    opened = openAll(rig)
  })
  const open = (token: string, more: string[] = [], port = rig.port) => openSocket(token, { port, more })

  it('is admitted, opened with proof on both sides, and told to the product by an assertion', async () => {
    const { session, token } = await rig.open()
    const socket = await open(token, ['Sec-WebSocket-Extensions: permessage-deflate', 'Sec-WebSocket-Protocol: chat, other', 'Cookie: a=b'])
    expect(socket.hello).toContain('HTTP/1.1 101 ')
    expect(socket.hello).toContain(`Sec-WebSocket-Accept: ${accept}`)
    expect(socket.hello).not.toMatch(/extensions/i)
    const headers: Record<string, unknown> = opened[0]?.request.headers ?? {}
    expect(headers).toMatchObject({ upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-protocol': 'chat, other' })
    expect(headers['countersign-assertion']).toMatch(/^ey/)
    for (const name of ['cookie', 'authorization', 'sec-websocket-extensions', 'origin']) expect(headers[name]).toBeUndefined()
    // A key of its own: what the caller knows proves nothing there.
    expect(headers['sec-websocket-key']).not.toBe('dGhlIHNhbXBsZSBub25jZQ==')
    expect(await requestsOf(session.id)).toMatchObject([{ action: 'SUPPORT_SESSION.REQUEST.ADMITTED', request: { route: '/v1/live' } }])
    socket.end()
  })

  it('passes frames in both directions as they are, and records bytes, close code and who closed', async () => {
    const { session, token } = await rig.open()
    const socket = await open(token)
    const sent = Buffer.concat([frame(1, 'hello'), frame(9, ''), frame(2, 'x'.repeat(70_000).slice(0, 60_000))])
    for (let at = 0; at < sent.length; at += 7_001) socket.send(sent.subarray(at, at + 7_001))
    await until(() => opened[0]?.bytes().length === sent.length)
    expect(opened[0]?.bytes().equals(sent)).toBe(true)
    const said = Buffer.concat([frame(1, 'world', { isMasked: false }), frame(10, '', { isMasked: false })])
    opened[0]?.socket.write(said)
    await until(() => socket.pending().length === said.length)
    expect(socket.pending().equals(said)).toBe(true)
    socket.send(closing(1000))
    await until(() => opened[0]?.bytes().length === sent.length + 8)
    opened[0]?.socket.end(closing(1000, false))
    await socket.closed
    expect(await outcomeOf(session.id)).toMatchObject({
      action: 'SUPPORT_SESSION.REQUEST.COMPLETED',
      result: 'ok',
      request: { status: 101, bytes: said.length + 4, duration_ms: expect.any(Number) },
      details: { closed_by: 'caller', close_code: 1000, bytes_received: sent.length + 8 },
    })
    await until(() => opened[0]?.isOver === true)
  })

  it('that the product closes, or drops, says so', async () => {
    const { session, token } = await rig.open()
    const socket = await open(token)
    opened[0]?.socket.end(closing(4001, false))
    await until(() => socket.pending().length === 4)
    await socket.closed
    expect(await outcomeOf(session.id)).toMatchObject({ details: { closed_by: 'product', close_code: 4001, bytes_received: 0 } })
    const { session: second, token: its } = await rig.open()
    const dropped = await open(its)
    opened[1]?.socket.destroy()
    await dropped.closed
    expect((await outcomeOf(second.id))?.details).toMatchObject({ closed_by: 'product' })
  })

  it('P9 is cut within a second of a revocation, here and on another replica, with a close frame to both sides', async () => {
    const other = await startReplica(rig, quiet)
    const { session, token } = await rig.open()
    const [here, there] = [await open(token), await open(token, [], other.address.port)]
    here.send(frame(1, 'hello'))
    await until(() => (opened[0]?.bytes().length ?? 0) > 0)
    await rig.revoke(session.id)
    const acknowledged = performance.now()
    await Promise.all([here.closed, there.closed])
    expect(performance.now() - acknowledged).toBeLessThan(1_000)
    expect(here.pending().equals(closeFrame(1008, false))).toBe(true)
    await until(() => opened.every(({ isOver }) => isOver))
    expect(opened[0]?.bytes().subarray(-8).equals(closeFrame(1008, true))).toBe(true)
    await until(async () => (await requestsOf(session.id)).filter(({ code }) => code === 'session_revoked').length === 2)
    expect((await requestsOf(session.id)).find(({ action }) => action.endsWith('CUT'))).toMatchObject({
      request: { status: 101 },
      details: { closed_by: 'gateway', bytes_received: expect.any(Number) },
    })
    await other.close(0)
  })

  it('S3 is cut when the session expires, and by a gateway that closes, which does not wait for it', async () => {
    const { session, token } = await rig.open()
    await rig.expireIn(session.id, 3_000)
    const socket = await open(token)
    await socket.closed
    expect((await outcomeOf(session.id))?.code).toBe('session_expired')
    const other = await startReplica(rig, quiet)
    const { session: second, token: its } = await rig.open()
    const closed = await open(its, [], other.address.port)
    const began = performance.now()
    await other.close(10_000)
    await closed.closed
    expect(performance.now() - began).toBeLessThan(5_000)
    expect((await outcomeOf(second.id))?.code).toBe('shutting_down')
    expect(closed.pending().equals(closeFrame(1001, false))).toBe(true)
  })

  it('goes no faster than the slower side reads', async () => {
    const { token } = await rig.open()
    const socket = await open(token)
    opened[0]?.socket.pause()
    const piece = frame(2, 'x'.repeat(60_000))
    let isFull = false
    for (let i = 0; i < 2_000 && !isFull; i++) {
      isFull = !socket.socket.write(piece)
      if (isFull)
        isFull = !(await Promise.race([
          new Promise((drained) => socket.socket.once('drain', () => drained(true))),
          until(() => false, 1).catch(() => false),
        ]))
    }
    expect(isFull).toBe(true)
    socket.end()
  })

  it('that the product refuses is an ordinary answer with its status, and nothing passes afterwards', async () => {
    rig.upstream.upgrade = undefined
    rig.upstream.answer = (_, response) => void response.writeHead(403, { 'set-cookie': 'a=b', 'content-type': 'text/plain' }).end('secret')
    const { session, token } = await rig.open()
    const connection = await openRaw(rig.port)
    connection.send(rig.head('GET /v1/live', token, asks))
    const answer = await connection.next()
    expect([answer?.status, codeOf(answer), answer?.headers.get('set-cookie'), answer?.headers.get('connection')]).toEqual([
      403,
      'upstream_refused',
      undefined,
      'close',
    ])
    expect(answer?.body).not.toContain('secret')
    connection.send(rig.head('GET /v1/reports', token))
    await connection.closed
    expect(connection.pending()).toHaveLength(0)
    expect(rig.upstream.received).toHaveLength(1)
    expect(await requestsOf(session.id)).toMatchObject([{}, { action: 'SUPPORT_SESSION.REQUEST.COMPLETED', request: { status: 403 } }])
  })

  it('that the product does not take in time, or at all, is a failure on the record', async () => {
    rig.upstream.upgrade = () => {}
    const { session, token } = await rig.open()
    const answer = await rig.send('GET /v1/live', token, asks)
    expect(codeOf(answer)).toBe('upstream_timeout')
    expect((await outcomeOf(session.id))?.action).toBe('SUPPORT_SESSION.REQUEST.FAILED')
  })

  it('may be opened by a page of the view, which the product takes for one of its own', async () => {
    const entered = await rig.enter()
    const connection = await openRaw(rig.port)
    connection.send(rawRequest('GET /v1/live HTTP/1.1', [entered.host, `Cookie: ${entered.cookie}`, `Origin: ${entered.origin}`, ...asks]))
    await until(() => connection.pending().includes('101 Switching'))
    expect(opened[0]?.request.headers).toMatchObject({ origin: rig.upstream.url })
    expect(opened[0]?.request.headers.cookie).toBeUndefined()
    await rig.closeView(entered.session.id, entered.view_id)
    await connection.closed
    await until(async () => (await requestsOf(entered.session.id)).at(-1)?.code === 'view_closed')
  })
})

describe('frames', () => {
  const readAs = (isMasked: boolean, ...bytes: Buffer[]) => {
    const frames = new Frames({ isMasked, bytesMaximum: 1_000 })
    for (const each of bytes) frames.take(each)
    return frames
  }

  it('are followed however they were cut, to their close code', () => {
    const all = Buffer.concat([frame(1, 'a'.repeat(200)), frame(1, 'x', { first: 1 }), frame(9, 'ping'), frame(0, 'y'), closing(1001)])
    for (let size = 1; size <= all.length; size++) {
      const frames = new Frames({ isMasked: true, bytesMaximum: 1_000 })
      for (let at = 0; at < all.length; at += size) frames.take(all.subarray(at, at + size))
      expect([frames.hasClosed, frames.closeCode, frames.isBetween]).toEqual([true, 1001, true])
    }
  })

  it.each([
    ['an extension’s bits', true, frame(1, 'x', { first: 0xc1 })],
    ['an unknown kind', true, frame(3, 'x')],
    ['no mask from the caller', true, frame(1, 'x', { isMasked: false })],
    ['a mask from the product', false, frame(1, 'x')],
    ['too many bytes', true, frame(2, 'x'.repeat(1_001))],
    ['a length beyond all numbers', true, Buffer.from([0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])],
    ['a control frame in pieces', true, frame(9, 'x', { first: 9 })],
    ['a long control frame', true, frame(9, 'x'.repeat(126))],
    ['a piece of nothing', true, frame(0, 'x')],
    ['a message within a message', true, Buffer.concat([frame(1, 'x', { first: 1 }), frame(1, 'y')])],
    ['more after the close', true, Buffer.concat([closing(1000), frame(1, 'x')])],
  ] as const)('with %s are none', (_, isMasked, bytes) => {
    expect(() => readAs(isMasked, bytes)).toThrow(expect.objectContaining({ name: 'BadFrame' }))
  })
})

// Keeps the helpers honest: what a product answers is what the tests of attacks change.
it('RFC 6455 the proof of the helpers is the one of the standard', () => {
  expect(switched({ headers: { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' } } as never)).toContain(accept)
  expect(hostOf('https://a.view.example')).toBe('Host: a.view.example')
})
