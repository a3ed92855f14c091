import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type BrowserRig, ownFetch, startBrowserRig } from '../../gateway/browser-rig.ts'
import { codeOf, expectRefusal } from '../../gateway/rig.ts'
import { acceptFor, asks, frame, key, openAll, openSocket, switched } from '../../gateway/sockets.ts'
import { openRaw, rawRequest } from '../../support/raw.ts'
import { until } from '../../support/until.ts'

let rig: BrowserRig
beforeAll(async () => {
  rig = await startBrowserRig({
    routes: `
    - { method: GET, path: /v1/live, scope: 'reports:read', stream: websocket, reads: true }
    - { method: GET, path: /v1/admin/live, scope: 'reports:read', stream: websocket, reads: true }
    - { method: GET, path: /v1/other, scope: 'other:read', stream: websocket, reads: true }`,
  })
})
afterAll(() => rig.close())
beforeEach(() => {
  rig.upstream.forget()
  rig.upstream.answer = undefined
  rig.upstream.upgrade = undefined
})

const without = (name: string) => asks.filter((line) => !line.startsWith(name))

/** Refused; the connection ends, and what is sent on it reaches nobody. */
const expectEnded = async (first: string, headers: readonly string[], code: string, scopes?: string[]) => {
  const { session, token } = await rig.open(scopes ? { scopes } : {})
  const connection = await openRaw(rig.port)
  connection.send(rig.head(first, token, headers))
  await expectRefusal(rig, await connection.next(), code, session)
  connection.send(rig.head('GET /v1/reports', token))
  connection.send(frame(1, 'hello'))
  await connection.closed
  expect(connection.pending()).toHaveLength(0)
  expect(rig.upstream.bytes()).toHaveLength(0)
}

describe('WS-1 a WebSocket', () => {
  it.each([
    ['to a route that is none', 'GET /v1/reports', asks, 'upgrade_refused'],
    ['to no route', 'GET /v1/nowhere', asks, 'upgrade_refused'],
    ['below a sink', 'GET /v1/admin/live', asks, 'sink_blocked'],
    ['without the scope', 'GET /v1/other', asks, 'scope_missing'],
    ['that names another tenant', 'GET /v1/live?tenant=ten_b', asks, 'other_tenant'],
    ['of another version', 'GET /v1/live', [...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version: 8'], 'upgrade_refused'],
    ['without a key', 'GET /v1/live', without('Sec-WebSocket-Key'), 'upgrade_refused'],
    ['with a short key', 'GET /v1/live', [...without('Sec-WebSocket-Key'), 'Sec-WebSocket-Key: aGVsbG8='], 'upgrade_refused'],
    ['with two keys', 'GET /v1/live', [...asks, `Sec-WebSocket-Key: ${key}`], 'header_refused'],
    [
      'with too many protocols',
      'GET /v1/live',
      [...asks, `Sec-WebSocket-Protocol: ${Array(20).fill('chat').join(', ')}`],
      'upgrade_refused',
    ],
    ['with a body', 'GET /v1/live', [...asks, 'Content-Length: 5'], 'body_refused'],
    ['by another method', 'HEAD /v1/live', asks, 'upgrade_refused'],
    [
      'to h2c at once',
      'GET /v1/live',
      ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'],
      'upgrade_refused',
    ],
    ['to two protocols', 'GET /v1/live', [...without('Upgrade'), 'Upgrade: websocket, h2c'], 'upgrade_refused'],
    ['that hides a header by Connection', 'GET /v1/live', [...without('Connection'), 'Connection: Upgrade, Cookie'], 'header_refused'],
  ] as const)('%s is refused', async (_, first, headers, code) => {
    if (first.startsWith('HEAD')) {
      const { token } = await rig.open()
      expect((await rig.send(first, token, headers)).status).toBeGreaterThanOrEqual(400)
      expect(rig.upstream.bytes()).toHaveLength(0)
    } else await expectEnded(first, headers, code, ['reports:read'])
  })

  it('a plain request to such a route is refused', async () => {
    const { session, token } = await rig.open()
    await expectRefusal(rig, await rig.send('GET /v1/live', token), 'upgrade_refused', session)
  })

  it('bytes that were sent before the answer are a reason to refuse, and reach nobody', async () => {
    openAll(rig)
    const { session, token } = await rig.open()
    const connection = await openRaw(rig.port)
    connection.send(Buffer.concat([rig.head('GET /v1/live', token, asks), rig.head('DELETE /v1/reports', token)]))
    await expectRefusal(rig, await connection.next(), 'upgrade_refused', session)
    await connection.closed
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it('behind another request on the connection it is refused, with the connection', async () => {
    rig.upstream.answer = () => {}
    const { session, token } = await rig.open()
    const connection = await openRaw(rig.port)
    connection.send(rig.head('GET /v1/reports', token))
    await until(() => rig.upstream.received.length === 1)
    connection.send(rig.head('GET /v1/live', token, asks))
    await connection.closed
    await until(async () => (await rig.events({ session_id: session.id })).some(({ code }) => code === 'upgrade_refused'))
    expect(rig.upstream.received).toHaveLength(1)
  })

  it('a session that is over', async () => {
    const { session, token } = await rig.open()
    await rig.revoke(session.id)
    await expectRefusal(rig, await rig.send('GET /v1/live', token, asks), 'session_revoked', session)
  })
})

describe('XS a WebSocket from another site', () => {
  it.each([
    ['another site', () => 'https://evil.example'],
    ['the console', () => 'http://localhost:4000'],
    ['no page at all', () => undefined],
    ['null', () => 'null'],
  ])('with the view’s cookie, from %s', async (_, originOf) => {
    openAll(rig)
    const entered = await rig.enter()
    const origin = originOf()
    const connection = await openRaw(rig.port)
    connection.send(
      rawRequest('GET /v1/live HTTP/1.1', [
        entered.host,
        `Cookie: ${entered.cookie}`,
        ...(origin ? [`Origin: ${origin}`] : []),
        ...asks,
        ...ownFetch,
      ]),
    )
    const answer = await connection.next()
    expect(codeOf(answer)).toBe('cross_site')
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it('with the cookie of one view, from the page of another', async () => {
    openAll(rig)
    const [mine, theirs] = [await rig.enter(), await rig.enter({ by: await rig.newStaff() })]
    const connection = await openRaw(rig.port)
    connection.send(rawRequest('GET /v1/live HTTP/1.1', [mine.host, `Cookie: ${mine.cookie}`, `Origin: ${theirs.origin}`, ...asks]))
    expect(codeOf(await connection.next())).toBe('cross_site')
  })
})

describe('a product whose 101 is none', () => {
  const proof = (request: IncomingMessage) => `Sec-WebSocket-Accept: ${acceptFor(request.headers['sec-websocket-key'] as string)}`
  it.each([
    ['has no proof', () => ['Connection: Upgrade', 'Upgrade: websocket']],
    ['proves another key', () => ['Connection: Upgrade', 'Upgrade: websocket', `Sec-WebSocket-Accept: ${acceptFor(key)}`]],
    ['speaks another protocol', (request: IncomingMessage) => ['Connection: Upgrade', 'Upgrade: h2c', proof(request)]],
    [
      'speaks with an extension',
      (request: IncomingMessage) => [
        'Connection: Upgrade',
        'Upgrade: websocket',
        proof(request),
        'Sec-WebSocket-Extensions: permessage-deflate',
      ],
    ],
    [
      'names a protocol that nobody asked for',
      (request: IncomingMessage) => ['Connection: Upgrade', 'Upgrade: websocket', proof(request), 'Sec-WebSocket-Protocol: x'],
    ],
    ['proves twice', (request: IncomingMessage) => ['Connection: Upgrade', 'Upgrade: websocket', proof(request), proof(request)]],
  ])('%s: the caller gets an ordinary refusal, and nothing of what follows', async (_, linesOf) => {
    let isOver = false
    rig.upstream.upgrade = (request, socket) => {
      socket.on('error', () => {})
      for (const event of ['end', 'close'])
        socket.on(event, () => {
          isOver = true
        })
      socket.resume()
      socket.write(switched(request, { lines: linesOf(request) }))
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret')
    }
    const { token } = await rig.open()
    const connection = await openRaw(rig.port)
    connection.send(rig.head('GET /v1/live', token, asks))
    const answer = await connection.next()
    expect([answer?.status, codeOf(answer)]).toEqual([502, 'upstream_refused'])
    expect(answer?.body).not.toContain('secret')
    await connection.closed
    expect(connection.pending()).toHaveLength(0)
    await until(() => isOver)
  })
})

describe('within a WebSocket', () => {
  it.each([
    ['the caller sends HTTP', Buffer.from('GET /v1/reports HTTP/1.1\r\n\r\n')],
    ['the caller does not mask', frame(1, 'x', { isMasked: false })],
    ['the caller sends a frame that is too long', Buffer.from([0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])],
  ])('%s: it is cut, and the product sees none of it', async (_, bytes) => {
    const opened = openAll(rig)
    const { session, token } = await rig.open()
    const socket = await openSocket(token, { port: rig.port })
    socket.send(bytes)
    await socket.closed
    await until(async () => (await rig.events({ session_id: session.id })).some(({ code }) => code === 'invalid_request'))
    await until(() => opened[0]?.isOver === true)
    expect(opened[0]?.bytes()).toHaveLength(0)
  })

  it('the product masks, which no server does: it is cut', async () => {
    const opened = openAll(rig)
    const { session, token } = await rig.open()
    const socket = await openSocket(token, { port: rig.port })
    opened[0]?.socket.write(frame(1, 'x'))
    await socket.closed
    await until(async () => (await rig.events({ session_id: session.id })).some(({ code }) => code === 'upstream_refused'))
  })

  it('one session opens a thousand: fifty are open, the others are refused on the record, and another session opens one', async () => {
    const opened = openAll(rig)
    const { session, token } = await rig.open()
    const { token: other } = await rig.open()
    const answers: string[] = []
    const open = async () => {
      const connection = await openRaw(rig.port)
      connection.send(rig.head('GET /v1/live', token, asks))
      await until(() => connection.pending().includes('\r\n\r\n'), 30)
      answers.push(connection.pending().toString('latin1').slice(9, 12))
      return connection
    }
    const connections = []
    for (let round = 0; round < 10; round++) connections.push(...(await Promise.all(Array.from({ length: 100 }, open))))
    expect(answers.filter((status) => status === '101')).toHaveLength(50)
    expect(new Set(answers)).toEqual(new Set(['101', '503']))
    expect(opened).toHaveLength(50)
    const refused = (await rig.events({ session_id: session.id })).filter(({ code }) => code === 'overloaded')
    expect(refused).toHaveLength(950)
    expect((await openSocket(other, { port: rig.port })).hello).toContain(' 101 ')
    await rig.revoke(session.id)
    await Promise.all(connections.map(({ closed }) => closed))
    await until(() => opened.filter(({ isOver }) => isOver).length === 50)
  }, 60_000)
})
