import { once } from 'node:events'
import { createServer } from 'node:https'
import { Agent, request as ask } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newSelfSigned } from '../support/certificate.ts'
import { openRaw, rawRequest, sendRaw } from '../support/raw.ts'
import { until } from '../support/until.ts'
import { codeOf, type GatewayRig, startGatewayRig, startReplica } from './rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig({
    gateway: 'upstream_idle_seconds: 3\n  keep_alive_seconds: 1',
    routes: "\n    - { method: POST, path: /v1/search, scope: 'reports:read', reads: true }",
  })
})
afterAll(() => rig.close())
beforeEach(() => {
  rig.upstream.forget()
  rig.upstream.answer = undefined
})

describe('a connection without a request', () => {
  it('is kept for as long as it says, and never closed while a request that came in time is on its way', async () => {
    const { token } = await rig.open()
    const agent = new Agent({ connections: 1, keepAliveTimeout: 60_000, keepAliveTimeoutThreshold: 0 })
    const opened: number[] = []
    for (let i = 0; i < 12; i++) {
      const headers = { authorization: `Bearer ${token}` }
      const { statusCode, body, headers: shown } = await ask(`http://localhost:${rig.port}/v1/reports`, { dispatcher: agent, headers })
      expect(statusCode).toBe(200)
      expect(shown['keep-alive']).toBe('timeout=1')
      await body.dump()
      opened.push(statusCode)
      // Around the moment at which the agent, and then the gateway, gives the connection up.
      await new Promise((resolve) => setTimeout(resolve, 940 + i * 12))
    }
    expect(opened).toHaveLength(12)
    await agent.close()
  }, 60_000)

  it('is closed after that time', async () => {
    const { token } = await rig.open()
    const connection = await rig.connect()
    connection.send(rig.head('GET /v1/reports', token))
    expect((await connection.next())?.status).toBe(200)
    const idle = performance.now()
    await connection.closed
    expect(performance.now() - idle).toBeGreaterThan(900)
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
    await new Promise((resolve) => setTimeout(resolve, 2_400))
    say('data: 2\n\n')
    await until(() => connection.pending().includes('data: 2'))
    await connection.closed
    await until(async () =>
      (await rig.events({ session_id: session.id })).some(
        ({ action, code }) => action === 'SUPPORT_SESSION.REQUEST.CUT' && code === 'upstream_timeout',
      ),
    )
  }, 30_000)
})

describe('a product that cannot be reached', () => {
  const reach = async (upstream: string) => {
    const said: string[] = []
    const log = { error: () => {}, info: () => {}, warn: (_: object, message: string) => void said.push(message) }
    const config = { ...rig.config, gateway: { ...rig.config.gateway, upstream } }
    const replica = await startReplica({ ...rig, config }, log)
    const { session, token } = await rig.open()
    const { port } = replica.address
    const answers = []
    for (let i = 0; i < 3; i++)
      answers.push(
        await sendRaw(port, rawRequest('GET /v1/reports HTTP/1.1', [`Host: localhost:${port}`, `Authorization: Bearer ${token}`])),
      )
    await replica.close(0)
    const events = await rig.events({ session_id: session.id, action: 'SUPPORT_SESSION.REQUEST.FAILED' })
    return { said, answers, notes: events.map(({ note }) => note) }
  }

  it.each([
    ['nothing accepts connections at its address (ECONNREFUSED)', 'http://127.0.0.1:1'],
    ['its host name was not found', 'http://no-such-host.invalid'],
  ])('is named in the log once, and on the record, but not to the caller: %s', async (cause, upstream) => {
    const { said, answers, notes } = await reach(upstream)
    expect(said).toEqual([expect.stringContaining(cause)])
    expect(notes).toHaveLength(3)
    for (const note of notes) expect(note).toContain(`The product: ${cause}`)
    for (const answer of answers) {
      expect(codeOf(answer)).toBe('upstream_unavailable')
      expect(answer?.body).not.toMatch(/ECONN|ENOTFOUND|address|host name/)
    }
  })

  it('by its certificate', async () => {
    const { key, cert } = newSelfSigned('127.0.0.1')
    const server = createServer({ key, cert }, (_, response) => response.end('CANARY'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const { said, answers, notes } = await reach(`https://127.0.0.1:${port}`)
    server.close()
    expect(said).toEqual([expect.stringMatching(/its TLS certificate is not accepted \([A-Z_]+\)/)])
    expect(notes[0]).toMatch(/^The product: its TLS certificate is not accepted \([A-Z_]+\)\.$/)
    for (const answer of answers) {
      expect(codeOf(answer)).toBe('upstream_unavailable')
      expect(answer?.body).not.toMatch(/certificate|CANARY/)
    }
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
