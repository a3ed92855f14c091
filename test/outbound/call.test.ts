import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createSocketServer, type Server as SocketServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { CallFailure, callFailureFrom, type FailureKind } from '../../server/src/outbound/failure.ts'
import { type Call, openPeer, type PeerOptions } from '../../server/src/outbound/peer.ts'
import { newSelfSigned } from '../support/certificate.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const listen = async (server: Server | SocketServer, scheme = 'http'): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => new Promise((resolve) => server.close(resolve)))
  if ('closeAllConnections' in server) closers.push(() => server.closeAllConnections())
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const serve = (listener: RequestListener): Promise<string> => listen(createServer(listener))
/** Answers each connection with these bytes, and closes it. */
const serveBytes = (bytes: string): Promise<string> =>
  listen(createSocketServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(bytes))))
const closedPort = async (): Promise<string> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

type Line = Record<string, unknown>
const open = (options: Partial<PeerOptions> = {}) => {
  const lines: Line[] = []
  const write = (facts: object, message: string) => void lines.push({ ...facts, message })
  const peer = openPeer({ name: 'desk', timeoutMs: 5_000, answerBytes: 10_000, log: { warn: write, info: write }, ...options })
  closers.push(() => peer.close())
  const get = (origin: string, more: Partial<Call> = {}) => peer.call({ origin, target: '/tickets?q=eve', method: 'GET', ...more })
  const failureOf = (origin: string, more: Partial<Call> = {}) =>
    get(origin, more).then(
      ({ status }) => Promise.reject(new Error(`answered ${status}`)),
      (error: unknown) => error as CallFailure,
    )
  return { peer, lines, get, failureOf }
}

describe('a call that fails names its cause', () => {
  const tls = () => {
    const server = createTlsServer(newSelfSigned('localhost'), (_request, response) => response.end('{}'))
    server.on('tlsClientError', () => {})
    return listen(server, 'https')
  }
  const causes: [FailureKind, what: string, () => Promise<string>, sent: boolean][] = [
    ['certificate', 'a certificate nobody vouches for', tls, false],
    ['tls', 'plain HTTP where TLS was expected', async () => (await serve(() => {})).replace('http:', 'https:'), true],
    ['refused', 'a port where nobody listens', closedPort, false],
    ['name', 'a host that has no address', async () => 'https://nobody.invalid', false],
    ['address', 'an address that is neither https nor loopback', async () => 'http://192.0.2.1', false],
    ['timeout', 'silence', () => serve(() => {}), true],
    ['reset', 'a hang-up', () => serve((_request, response) => void response.destroy()), true],
    [
      'reset',
      'a hang-up in the middle of the answer',
      () => serve((_request, response) => void response.writeHead(200, { 'content-length': 100 }).write('{', () => response.destroy())),
      true,
    ],
    ['garbled', 'something else than HTTP', () => serveBytes('SSH-2.0-OpenSSH_9.9\r\n'), true],
    ['garbled', 'headers without end', () => serveBytes(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`), true],
    ['too_large', 'more bytes than are taken', () => serve((_request, response) => void response.end(Buffer.alloc(10_001, 32))), true],
  ]
  it.each(causes)('%s: %s', async (kind, _what, start, sent) => {
    const { lines, failureOf } = open({ timeoutMs: 500 })
    const origin = await start()
    const failure = await failureOf(origin)
    expect(failure).toBeInstanceOf(CallFailure)
    expect({ kind: failure.kind, sent: failure.sent }).toEqual({ kind, sent })
    if (kind !== 'address')
      expect(lines).toEqual([expect.objectContaining({ peer: 'desk', origin, failure: kind, detail: failure.detail })])
  })

  it.each([
    ['certificate', 'CERT_HAS_EXPIRED'],
    ['certificate', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['certificate', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['name', 'EAI_AGAIN'],
    ['refused', 'EHOSTUNREACH'],
    ['timeout', 'UND_ERR_CONNECT_TIMEOUT'],
    ['reset', 'EPIPE'],
    ['ours', 'EMFILE'],
    ['ours', 'UND_ERR_INVALID_ARG'],
    ['ours', 'UND_ERR_DESTROYED'],
  ] as const)('%s: the code %s', (kind, code) => {
    expect(callFailureFrom(Object.assign(new Error('x'), { code })).kind).toBe(kind)
  })

  it('and says nothing of what was asked, sent or answered', async () => {
    const { lines, failureOf, get } = open()
    const secrets = { headers: { authorization: 'Bearer geheim' }, body: Buffer.from('geheim'), method: 'POST' } as const
    await failureOf(await serveBytes('geheim geheim\r\n\r\n'), { ...secrets, target: '/geheim' })
    const origin = await serve((_request, response) => void response.writeHead(500, { 'x-secret': 'geheim' }).end('geheim'))
    expect((await get(origin, { ...secrets, target: '/geheim' })).status).toBe(500)
    expect(lines).toHaveLength(2)
    expect(JSON.stringify(lines)).not.toContain('geheim')
  })
})

describe('a call is bounded', () => {
  it('a bomb of an answer, announced, chunked or compressed, is not read', async () => {
    const { failureOf, get } = open({ failuresToPause: Number.POSITIVE_INFINITY })
    let written = 0
    const endless = await serve((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1_000, 32))) written += 1_000
      }
      response.on('drain', more)
      more()
    })
    expect((await failureOf(endless)).kind).toBe('too_large')
    expect(written).toBeLessThan(10_000_000)
    const announced = await serve(
      (_request, response) => void response.writeHead(200, { 'content-length': 1e12 }).write('{'.repeat(20_000)),
    )
    expect((await failureOf(announced)).kind).toBe('too_large')
    // Nothing is unpacked: an encoded body stays as large as it came.
    const packed = await serve((_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('packed'))
    expect((await get(packed)).body.toString()).toBe('packed')
  })

  it('an answer that drips byte by byte ends in time', async () => {
    const { failureOf } = open({ timeoutMs: 300 })
    const drips = await serve((_request, response) => {
      const drip = setInterval(() => response.write(' '), 10)
      response.on('close', () => clearInterval(drip))
    })
    const began = performance.now()
    expect((await failureOf(drips)).kind).toBe('timeout')
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  it('a redirect is an answer like any other, and not followed', async () => {
    const { get } = open()
    let reached = 0
    const other = await serve((_request, response) => void response.end(String(++reached)))
    for (const status of [301, 302, 303, 307, 308]) {
      const origin = await serve((_request, response) => void response.writeHead(status, { location: `${other}/` }).end())
      expect((await get(origin)).status).toBe(status)
    }
    expect(reached).toBe(0)
  })
})

it('whoever asks again for the same effect sends the same idempotency key', async () => {
  const seen: [unknown, string][] = []
  const { failureOf, get } = open()
  const origin = await serve(async (request, response) => {
    const body = (await request.toArray()).join('')
    seen.push([request.headers['idempotency-key'], body])
    if (seen.length === 1) response.destroy()
    else response.end('{}')
  })
  const act = { method: 'POST', body: Buffer.from('{"act":"x"}'), idempotencyKey: 'act_1' } as const
  expect((await failureOf(origin, act)).kind).toBe('reset')
  expect((await get(origin, act)).status).toBe(200)
  expect(seen).toEqual([
    ['act_1', '{"act":"x"}'],
    ['act_1', '{"act":"x"}'],
  ])
})

describe('the breaker', () => {
  const statusServer = async () => {
    const far = { status: 200, calls: 0 }
    const origin = await serve((_request, response) => {
      far.calls += 1
      response.writeHead(far.status).end('{}')
    })
    return { far, origin }
  }

  it('does not count what we or a caller did wrong', async () => {
    const { far, origin } = await statusServer()
    const { peer, lines, get, failureOf } = open()
    expect(peer.state()).toEqual({ status: 'not_asked' })
    for (const status of [400, 401, 403, 404, 409, 422, 302]) {
      far.status = status
      expect((await get(origin)).status).toBe(status)
    }
    for (let n = 0; n < 4; n++) expect((await failureOf(origin, { target: 'no path' })).kind).toBe('ours')
    for (let n = 0; n < 4; n++) expect((await failureOf('http://192.0.2.1')).kind).toBe('address')
    expect(peer.state().status).toBe('answering')
    expect(lines).toEqual([])
    expect((await get(origin)).status).toBe(302)
  })

  it.each([500, 503, 429])('counts %i, and then asks nothing for a while', async (status) => {
    const { far, origin } = await statusServer()
    const { peer, get, failureOf } = open()
    far.status = status
    for (let n = 0; n < 3; n++) expect((await get(origin)).status).toBe(status)
    expect(peer.state()).toMatchObject({ status: 'paused', failure: 'status' })
    expect(await failureOf(origin)).toMatchObject({ kind: 'paused', sent: false })
    expect(far.calls).toBe(3)
  })

  it('counts silence, and any answer ends the count', async () => {
    const { far, origin } = await statusServer()
    const { peer, lines, get, failureOf } = open({ timeoutMs: 200 })
    const silent = await serve(() => {})
    for (let n = 0; n < 2; n++) expect((await failureOf(silent)).kind).toBe('timeout')
    expect(peer.state()).toMatchObject({ status: 'failing', failure: 'timeout', since: expect.any(Date) })
    far.status = 404
    await get(origin)
    expect(peer.state()).toEqual({ status: 'answering', since: expect.any(Date) })
    expect(lines.at(-1)).toMatchObject({ peer: 'desk', message: 'calls are answered again' })
    for (let n = 0; n < 3; n++) expect((await failureOf(silent)).kind).toBe('timeout')
    expect(peer.state().status).toBe('paused')
  })
})
