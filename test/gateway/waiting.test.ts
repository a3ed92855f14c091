import { once } from 'node:events'
import { createServer } from 'node:https'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { closeFrame } from '../../server/src/gateway/streams/frames.ts'
import { newSelfSigned } from '../support/certificate.ts'
import { openRaw, rawRequest, sendRaw } from '../support/raw.ts'
import { until } from '../support/until.ts'
import { codeOf, type GatewayRig, startGatewayRig, startReplica } from './rig.ts'
import { asks, openAll, openSocket } from './sockets.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig({
    gateway: 'upstream_idle_seconds: 5\n  keep_alive_seconds: 1',
    routes: `
    - { method: POST, path: /v1/search, scope: 'reports:read', reads: true }
    - { method: GET, path: /v1/live, scope: 'reports:read', stream: websocket, reads: true }`,
  })
})
afterAll(() => rig.close())
beforeEach(() => {
  rig.upstream.forget()
  rig.upstream.answer = undefined
  rig.upstream.upgrade = undefined
})

describe('a connection without a request', () => {
  const ask = (agent: Agent, token: string) =>
    request(`http://localhost:${rig.port}/v1/reports`, { dispatcher: agent, headers: { authorization: `Bearer ${token}` } })

  it('is given up by who was told for how long it is kept, before the gateway closes it', async () => {
    const { token } = await rig.open()
    const agent = new Agent({ connections: 1, keepAliveTimeout: 60_000, keepAliveTimeoutThreshold: 0 })
    const { statusCode, body, headers } = await ask(agent, token)
    expect([statusCode, headers['keep-alive']]).toEqual([200, 'timeout=1'])
    const ended = once(agent, 'disconnect')
    await body.dump()
    const [, , error] = (await ended) as [URL, unknown[], Error]
    expect(error.message).toBe('socket idle timeout')
    await agent.close()
  })

  it('is closed after that time, and no sooner', async () => {
    const { token } = await rig.open()
    const connection = await rig.connect()
    connection.send(rig.head('GET /v1/reports', token))
    expect((await connection.next())?.status).toBe(200)
    const idle = performance.now()
    await connection.closed
    expect(performance.now() - idle).toBeGreaterThan(1_000)
  })
})

describe('an answer that pauses', () => {
  it('goes on after a pause that is longer than the wait for its first byte, and is cut after a longer one', async () => {
    const { session, token } = await rig.open()
    let say: (text: string) => void = () => {}
    rig.upstream.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
      say = (text) => void response.write(text)
    }
    const connection = await openRaw(rig.port, 30_000)
    connection.send(rig.head('GET /v1/stream', token))
    await until(() => connection.pending().includes('data: 1'))
    // Another request waits for its first byte as long as one may.
    rig.upstream.answer = () => {}
    expect(codeOf(await rig.send('GET /v1/reports', token))).toBe('upstream_timeout')
    say('data: 2\n\n')
    await until(() => connection.pending().includes('data: 2'))
    await connection.closed
    await until(async () =>
      (await rig.events({ session_id: session.id })).some(
        ({ action, code, request }) =>
          action === 'SUPPORT_SESSION.REQUEST.CUT' && code === 'upstream_timeout' && request?.path === '/v1/stream',
      ),
    )
  }, 30_000)

  it('is a WebSocket on which nobody says anything: both sides are told, and the record says for how long', async () => {
    const opened = openAll(rig)
    const { session, token } = await rig.open()
    const socket = await openSocket(token, { port: rig.port })
    await until(() => opened.length === 1)
    await socket.closed
    expect(socket.pending().equals(closeFrame(1008, false))).toBe(true)
    await until(() => opened[0]?.bytes().equals(closeFrame(1008, true)))
    const cut = await until(async () =>
      (await rig.events({ session_id: session.id })).find(({ action }) => action === 'SUPPORT_SESSION.REQUEST.CUT'),
    )
    expect(cut).toMatchObject({
      code: 'request_timeout',
      note: 'Neither side of the WebSocket said anything for 5 seconds.',
      details: { closed_by: 'gateway' },
    })
  }, 30_000)
})

describe('a product that cannot be reached', () => {
  const plain = { first: 'GET /v1/reports HTTP/1.1', more: [] as string[] }
  const socket = { first: 'GET /v1/live HTTP/1.1', more: asks }
  const reach = async (upstream: string, { first, more } = plain) => {
    const said: string[] = []
    const log = { error: () => {}, info: () => {}, warn: (_: object, message: string) => void said.push(message) }
    const config = { ...rig.config, gateway: { ...rig.config.gateway, upstream } }
    const replica = await startReplica({ ...rig, config }, log)
    const { session, token } = await rig.open()
    const { port } = replica.address
    const answers = []
    for (let i = 0; i < 3; i++)
      answers.push(await sendRaw(port, rawRequest(first, [`Host: localhost:${port}`, `Authorization: Bearer ${token}`, ...more])))
    await replica.close(0)
    const events = await rig.events({ session_id: session.id, action: 'SUPPORT_SESSION.REQUEST.FAILED' })
    return { said, answers, notes: events.map(({ note }) => note) }
  }

  it.each([
    ['nothing accepts connections at its address (ECONNREFUSED)', 'http://127.0.0.1:1', plain],
    ['its host name was not found', 'http://no-such-host.invalid', plain],
    ['nothing accepts connections at its address (ECONNREFUSED)', 'http://127.0.0.1:1', socket],
    ['its host name was not found', 'http://no-such-host.invalid', socket],
  ])('is named in the log once, and on the record, but not to the caller: %s, %s, %j', async (cause, upstream, asked) => {
    const { said, answers, notes } = await reach(upstream, asked)
    expect(said).toEqual([expect.stringContaining(cause)])
    expect(notes).toHaveLength(3)
    for (const note of notes) expect(note).toContain(`The product: ${cause}`)
    for (const answer of answers) {
      expect(codeOf(answer)).toBe('upstream_unavailable')
      expect(answer?.body).not.toMatch(/ECONN|ENOTFOUND|address|host name/)
    }
  })

  it.each([
    ['a request', plain],
    ['a WebSocket', socket],
  ])('by its certificate: %s', async (_, asked) => {
    const { key, cert } = newSelfSigned('127.0.0.1')
    const server = createServer({ key, cert }, (_request, response) => response.end('CANARY'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const { said, answers, notes } = await reach(`https://127.0.0.1:${port}`, asked)
    server.close()
    expect(said).toEqual([expect.stringMatching(/its TLS certificate is not accepted \([A-Z_]+\)/)])
    expect(notes[0]).toMatch(/^The product: its TLS certificate is not accepted \([A-Z_]+\)\.$/)
    for (const answer of answers) {
      expect(codeOf(answer)).toBe('upstream_unavailable')
      expect(answer?.body).not.toMatch(/certificate|CANARY/)
    }
  })

  it('once a WebSocket is open: it is cut, and what happened is in the log and on the record', async () => {
    const said: string[] = []
    const log = { error: () => {}, info: () => {}, warn: (_: object, message: string) => void said.push(message) }
    const replica = await startReplica(rig, log)
    const opened = openAll(rig)
    const { session, token } = await rig.open()
    const connection = await openSocket(token, { port: replica.address.port })
    await until(() => opened.length === 1)
    opened[0]?.socket.resetAndDestroy()
    await connection.closed
    expect(connection.pending().equals(closeFrame(1011, false))).toBe(true)
    const cut = await until(async () =>
      (await rig.events({ session_id: session.id })).find(({ action }) => action === 'SUPPORT_SESSION.REQUEST.CUT'),
    )
    expect(cut).toMatchObject({
      code: 'upstream_unavailable',
      note: 'The product: it broke off the connection (ECONNRESET).',
      details: { closed_by: 'product' },
    })
    expect(said).toEqual(['the product did not answer: it broke off the connection (ECONNRESET)'])
    await replica.close(0)
  })
})

describe('a probe', () => {
  it('is answered under any host name, and is not on the record', async () => {
    const before = (await rig.events()).length
    for (const [path, status] of [
      ['/healthz', 'ok'],
      ['/readyz', 'ready'],
    ] as const) {
      for (const host of ['Host: 10.0.0.7', rig.host]) {
        const answer = await sendRaw(rig.port, rawRequest(`GET ${path} HTTP/1.1`, [host, 'User-Agent: kube-probe/1.30']))
        expect([answer?.status, JSON.parse(answer?.body ?? '')]).toEqual([200, { status }])
        expect(answer?.headers.get('cache-control')).toBe('no-store')
      }
      expect((await sendRaw(rig.port, rawRequest(`HEAD ${path} HTTP/1.1`, [rig.host]), 'HEAD'))?.status).toBe(200)
    }
    expect(await rig.events()).toHaveLength(before)
    expect(rig.upstream.received).toEqual([])
  })

  it('is judged like any request where it is anything else', async () => {
    const { token } = await rig.open()
    expect(codeOf(await rig.send('GET /healthz', token))).toBe('route_undeclared')
    for (const first of ['POST /readyz HTTP/1.1', 'GET /readyz?x=1 HTTP/1.1', 'GET /readyz/ HTTP/1.1'])
      expect(codeOf(await sendRaw(rig.port, rawRequest(first, [rig.host])))).toBe('token_missing')
  })

  it('asks the database once a second, however many ask, and says when it cannot serve', async () => {
    let asked = 0
    let trouble: string | null = null
    const replica = await startReplica(rig, { error: () => {}, info: () => {}, warn: () => {} }, async () => {
      asked++
      return trouble
    })
    const look = () => sendRaw(replica.address.port, rawRequest('GET /readyz HTTP/1.1', ['Host: x']))
    const started = performance.now()
    await Promise.all(Array.from({ length: 50 }, look))
    expect(asked).toBeLessThanOrEqual(1 + (performance.now() - started) / 1_000)
    trouble = 'SECRET of the database'
    const answer = await until(async () => {
      const found = await look()
      return found?.status === 503 ? found : undefined
    })
    expect(codeOf(answer)).toBe('store_unavailable')
    expect(answer.body).not.toContain('SECRET')
    await replica.close(0)
  })
})

it('S13 a POST that only reads may be made in a read_only session, and the record says that it only reads', async () => {
  const { session, token } = await rig.open()
  const answer = await rig.send('POST /v1/search', token, ['Content-Type: application/json', 'Content-Length: 2'], '{}')
  expect(answer.status).toBe(200)
  const events = (await rig.events({ session_id: session.id })).slice(1)
  expect(events.map(({ request }) => [request?.method, request?.reads])).toEqual([
    ['POST', true],
    ['POST', true],
  ])
})
