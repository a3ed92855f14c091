import { createServer } from 'node:net'
import { Worker } from 'node:worker_threads'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { asSuperuser } from '../support/database.ts'
import { until } from '../support/until.ts'
import { codeOf, type GatewayRig, startGatewayRig, startReplica } from './rig.ts'

let rig: GatewayRig
beforeAll(async () => {
  rig = await startGatewayRig()
})
afterAll(() => rig.close())
beforeEach(() => {
  rig.upstream.forget()
  rig.upstream.answer = undefined
})

const outcomesOf = async (id: string | undefined) =>
  (await rig.events({ request_id: id })).map(({ action, result, code, request }) => [action, result, code, request?.status])

describe('a product in trouble', () => {
  it('that closes without an answer: 502, on the record as an error', async () => {
    rig.upstream.answer = (request) => request.socket.destroy()
    const { token } = await rig.open()
    const answer = await rig.send('GET /v1/reports', token)
    expect([answer.status, codeOf(answer)]).toEqual([502, 'upstream_unavailable'])
    expect(await outcomesOf(answer.headers.get('x-request-id'))).toEqual([
      ['SUPPORT_SESSION.REQUEST.ADMITTED', 'ok', undefined, undefined],
      ['SUPPORT_SESSION.REQUEST.FAILED', 'error', 'upstream_unavailable', 502],
    ])
    expect(rig.upstream.received).toHaveLength(1)
  })

  it('RS-4 that is silent for longer than it may: 504', async () => {
    rig.upstream.answer = () => {}
    const { token } = await rig.open()
    const answer = await rig.send('GET /v1/reports', token)
    expect([answer.status, codeOf(answer)]).toEqual([504, 'upstream_timeout'])
    expect((await outcomesOf(answer.headers.get('x-request-id'))).at(-1)).toEqual([
      'SUPPORT_SESSION.REQUEST.FAILED',
      'error',
      'upstream_timeout',
      504,
    ])
  })

  it('that answers an upload before it has read it', async () => {
    rig.upstream.answer = (_, response) => response.writeHead(409, { 'content-type': 'text/plain', connection: 'close' }).end('no')
    const { token } = await rig.open({ scopes: ['reports:write'] })
    const answer = await rig.send('POST /v1/reports', token, ['Content-Length: 60000'], 'a'.repeat(60_000))
    expect([answer.status, answer.body]).toEqual([409, 'no'])
  })

  it('is passed through with its own errors as they are', async () => {
    rig.upstream.answer = (_, response) => response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":"own"}')
    const { token } = await rig.open()
    const answer = await rig.send('GET /v1/reports', token)
    expect([answer.status, answer.body]).toEqual([500, '{"error":"own"}'])
    expect((await outcomesOf(answer.headers.get('x-request-id'))).at(-1)).toEqual([
      'SUPPORT_SESSION.REQUEST.COMPLETED',
      'ok',
      undefined,
      500,
    ])
  })
})

describe('FR-8 a product whose answers do not end where they say', () => {
  let answers: string[] = []
  const sockets = new Set<import('node:net').Socket>()
  const raw = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('data', () => socket.write(answers.shift() ?? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
  })
  let other: GatewayRig
  beforeAll(async () => {
    other = await startGatewayRig()
    await other.gateway.close(0)
    await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve))
    const { port } = raw.address() as { port: number }
    const config = { ...other.config, gateway: { ...other.config.gateway, upstream: `http://127.0.0.1:${port}` } }
    const gateway = await startReplica({ ...other, config })
    other.gateway.close = gateway.close
    Object.assign(rawRig, { port: gateway.address.port })
  })
  const rawRig = { port: 0 }
  afterAll(async () => {
    for (const socket of sockets) socket.destroy()
    await other.close()
    raw.close()
  })
  const send = async (token: string) => {
    const { rawRequest, sendRaw } = await import('../support/raw.ts')
    return sendRaw(
      rawRig.port,
      rawRequest('GET /v1/reports HTTP/1.1', [`Host: localhost:${rawRig.port}`, `Authorization: Bearer ${token}`]),
    )
  }

  it.each([
    [
      'a second answer that nobody asked for',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirstHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nCANARY',
    ],
    ['more bytes than announced', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirstCANARY'],
    [
      'a chunked end and then another answer',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nCANARY',
    ],
    ['a 204 with a body', 'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nCANARY'],
    ['a 304 with a length and a body', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\nCANARY'],
    ['HTTP/0.9', 'CANARY without any head'],
    ['both framings', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nCANARY\r\n0\r\n\r\n'],
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nCANARY'],
  ])('%s: nothing of it reaches another request', async (_, bytes) => {
    const mine = await other.open()
    const theirs = await other.open({ tenant_id: 'ten_b' })
    answers = [bytes]
    const first = await send(mine.token)
    expect(first?.body ?? '').not.toContain('CANARY')
    for (const { token } of [theirs, mine, mine, theirs]) {
      const next = await send(token)
      expect([next?.status, next?.body]).toEqual([200, 'ok'])
    }
  })

  it('fewer bytes than announced: not whole for the caller either', async () => {
    const { session, token } = await other.open()
    answers = ['HTTP/1.1 200 OK\r\nContent-Length: 50\r\nConnection: close\r\n\r\nshort']
    setTimeout(() => {
      for (const socket of sockets) socket.end()
    }, 200)
    const answer = await send(token)
    expect(answer?.whole).not.toBe(true)
    await until(async () => (await other.events({ session_id: session.id })).some(({ action }) => action === 'SUPPORT_SESSION.REQUEST.CUT'))
  })
})

describe('a store in trouble', () => {
  afterEach(() => asSuperuser(rig.database.superuserUrl, 'grant insert on events to countersign_app'))

  it('P1 I10 no admission can be recorded: 503 and nothing is forwarded', async () => {
    const { token } = await rig.open()
    await asSuperuser(rig.database.superuserUrl, 'revoke insert on events from countersign_app')
    const answer = await rig.send('GET /v1/reports', token)
    expect([answer.status, codeOf(answer)]).toEqual([503, 'store_unavailable'])
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it('P1 the completion cannot be recorded: 503, and not a byte of the answer is released', async () => {
    rig.upstream.answer = (_, response) => {
      void asSuperuser(rig.database.superuserUrl, 'revoke insert on events from countersign_app').then(() =>
        response.writeHead(200, { 'content-type': 'text/plain' }).end('CANARY'),
      )
    }
    const { session, token } = await rig.open()
    const answer = await rig.send('GET /v1/reports', token)
    expect([answer.status, codeOf(answer)]).toEqual([503, 'store_unavailable'])
    expect(answer.body).not.toContain('CANARY')
    // The outcome is not lost: it is recorded as soon as that is possible again.
    await asSuperuser(rig.database.superuserUrl, 'grant insert on events to countersign_app')
    await until(async () =>
      (await rig.events({ session_id: session.id })).some(
        ({ action, code }) => action === 'SUPPORT_SESSION.REQUEST.CUT' && code === 'store_unavailable',
      ),
    )
  })

  it('a refusal cannot be recorded: 503, and nothing is forwarded', async () => {
    const { token } = await rig.open()
    await asSuperuser(rig.database.superuserUrl, 'revoke insert on events from countersign_app')
    const answer = await rig.send('GET /v1/undeclared', token)
    expect([answer.status, codeOf(answer)]).toEqual([503, 'store_unavailable'])
    expect(rig.upstream.bytes()).toHaveLength(0)
  })

  it('SE-4 a stream without the database’s word is cut after two seconds', async () => {
    rig.upstream.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      const timer = setInterval(() => response.write('line\n'), 10)
      response.once('close', () => clearInterval(timer))
    }
    const { session, token } = await rig.open()
    const connection = await rig.connect()
    connection.send(rig.head('GET /v1/stream', token))
    await until(() => connection.pending().includes('line'))
    await asSuperuser(rig.database.superuserUrl, 'revoke select on session_revocations from countersign_app')
    const cut = performance.now()
    await connection.closed
    expect(performance.now() - cut).toBeLessThan(3_500)
    await asSuperuser(rig.database.superuserUrl, 'grant select on session_revocations to countersign_app')
    await until(async () =>
      (await rig.events({ session_id: session.id })).some(
        ({ action, code }) => action === 'SUPPORT_SESSION.REQUEST.CUT' && code === 'store_unavailable',
      ),
    )
  })
})

describe('the thread that records', () => {
  /** The thread of the rig's gateway, found by what is posted to it. */
  const findThread = async (): Promise<Worker> => {
    const posting = vi.spyOn(Worker.prototype, 'postMessage')
    const { token } = await rig.open()
    await rig.send('GET /v1/reports', token)
    const thread = posting.mock.contexts[0] as Worker
    posting.mockRestore()
    rig.upstream.forget()
    return thread
  }

  it('P1 I10 gone before the admission: 503 and nothing is forwarded; it comes back', async () => {
    const { token } = await rig.open()
    await (await findThread()).terminate()
    const answer = await rig.send('GET /v1/reports', token)
    expect([answer.status, codeOf(answer)]).toEqual([503, 'store_unavailable'])
    expect(rig.upstream.bytes()).toHaveLength(0)
    expect(rig.gateway.writer.status()).toMatchObject({ state: 'failing', last_error: expect.stringContaining('admits nothing') })
    await until(async () => (await rig.send('GET /v1/reports', token)).status === 200)
    expect(rig.gateway.writer.status()).toMatchObject({ state: 'running', last_error: null })
  })

  it('P1 gone before the completion: 503, not a byte of the answer is released, and the outcome is recorded later', async () => {
    const thread = await findThread()
    rig.upstream.answer = (_, response) => {
      void thread.terminate().then(() => response.writeHead(200, { 'content-type': 'text/plain' }).end('CANARY'))
    }
    const { session, token } = await rig.open()
    const answer = await rig.send('GET /v1/reports', token)
    expect([answer.status, codeOf(answer)]).toEqual([503, 'store_unavailable'])
    expect(answer.body).not.toContain('CANARY')
    await until(async () =>
      (await rig.events({ session_id: session.id })).some(
        ({ action, code }) => action === 'SUPPORT_SESSION.REQUEST.CUT' && code === 'store_unavailable',
      ),
    )
  })

  it('P1 gone with batches under way: each request is told 503 or was admitted, and none waits for ever', async () => {
    const thread = await findThread()
    const { session, token } = await rig.open()
    const requests = Array.from({ length: 40 }, () => rig.send('GET /v1/reports', token))
    await until(async () => rig.upstream.received.length > 0)
    await thread.terminate()
    const statuses = (await Promise.all(requests)).map(({ status }) => status)
    expect(statuses.every((status) => status === 200 || status === 503)).toBe(true)
    expect(statuses).toContain(503)
    const admitted = (await rig.events({ session_id: session.id })).filter(({ action }) => action === 'SUPPORT_SESSION.REQUEST.ADMITTED')
    expect(rig.upstream.received.length).toBeLessThanOrEqual(admitted.length)
  })
})
