import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { onlyLong } from '../support/long.ts'
import { rawRequest, sendRaw } from '../support/raw.ts'
import { until } from '../support/until.ts'
import { type GatewayRig, type Replica, startGatewayRig, startReplica } from './rig.ts'

let rig: GatewayRig
let token: string
beforeAll(async () => {
  rig = await startGatewayRig({ gateway: 'upload_idle_seconds: 1' })
  token = (await rig.open({ scopes: ['reports:write', 'reports:read'] })).token
})
afterAll(() => rig.close())

const outcome = async (path: string) => (await rig.events()).filter(({ request }) => request?.path === path).at(-1)
const upload = async (path: string) => {
  const connection = await rig.connect()
  connection.send(rig.head(`PUT ${path}`, token, ['Transfer-Encoding: chunked']))
  return connection
}

describe('an upload', () => {
  it('FR-7 may take longer than any limit, as long as it goes on coming', async () => {
    const connection = await upload('/v1/reports/slow')
    // The limit is one second; the answer of the product has two, from the end of the body on.
    for (let n = 0; n < 12; n++) {
      connection.send('5\r\nhello\r\n')
      await pause(300)
    }
    connection.send('0\r\n\r\n')
    await until(() => connection.pending().includes('hello'.repeat(12)))
    expect(connection.pending().toString()).toMatch(/^HTTP\/1.1 200 /)
    connection.end()
  })

  it('FR-7 may take longer than half a minute', async (context) => {
    onlyLong(context, 'it takes 35 seconds')
    const connection = await upload('/v1/reports/slower')
    for (let n = 0; n < 70; n++) {
      connection.send('5\r\nhello\r\n')
      await pause(500)
    }
    connection.send('0\r\n\r\n')
    await until(() => connection.pending().includes('hello'.repeat(70)))
    expect(connection.pending().toString()).toMatch(/^HTTP\/1.1 200 /)
    connection.end()
  }, 60_000)

  it('FR-7 that pauses for too long is answered 408, and the record says that it paused', async () => {
    const connection = await upload('/v1/reports/paused')
    connection.send('5\r\nhello\r\n')
    await connection.closed
    expect(connection.pending().toString()).toMatch(/^HTTP\/1.1 408 /)
    expect(await outcome('/v1/reports/paused')).toMatchObject({
      action: 'SUPPORT_SESSION.REQUEST.FAILED',
      result: 'error',
      code: 'request_timeout',
      note: 'Nothing more of the body came for 1 s.',
      request: { status: 408 },
    })
  })

  it('FR-7 that the product does not take is not the fault of the caller', async () => {
    rig.upstream.answer = (request) => void request.pause()
    const connection = await upload('/v1/reports/untaken')
    for (let n = 0; n < 90; n++) connection.send(`400\r\n${'a'.repeat(1024)}\r\n`)
    connection.send('0\r\n\r\n')
    await until(async () => (await outcome('/v1/reports/untaken'))?.result === 'error')
    expect(await outcome('/v1/reports/untaken')).toMatchObject({ code: 'upstream_timeout', request: { status: 504 } })
    rig.upstream.answer = undefined
    connection.end()
  })
})

describe('a product that answers an upload early and closes', () => {
  let server: Server
  let gateway: Replica
  const sockets = new Set<Socket>()
  let answer: (socket: Socket) => void
  beforeAll(async () => {
    server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.once('data', () => answer(socket))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const settings = { ...rig.config.gateway, upstream: `http://127.0.0.1:${port}`, max_request_bytes: 50_000_000 }
    gateway = await startReplica({ ...rig, config: { ...rig.config, gateway: settings } })
  })
  afterAll(async () => {
    await gateway.close(0)
    server.close()
  })
  const head = (more: string) => `HTTP/1.1 413 Payload Too Large\r\nContent-Type: text/plain\r\n${more}\r\n`
  it.each([
    [
      'with a length, then resets',
      (socket: Socket) => socket.write(`${head('Content-Length: 9\r\nConnection: close\r\n')}too large`, () => socket.resetAndDestroy()),
    ],
    [
      'with a length, then destroys',
      (socket: Socket) => socket.write(`${head('Content-Length: 9\r\nConnection: close\r\n')}too large`, () => socket.destroy()),
    ],
    ['with a length, then ends', (socket: Socket) => socket.end(`${head('Content-Length: 9\r\nConnection: close\r\n')}too large`)],
    ['until it ends', (socket: Socket) => socket.end(`${head('Connection: close\r\n')}too large`)],
    [
      'by chunks, then destroys',
      (socket: Socket) => socket.write(`${head('Transfer-Encoding: chunked\r\n')}9\r\ntoo large\r\n0\r\n\r\n`, () => socket.destroy()),
    ],
  ])('%s: its answer is passed on', async (_, does) => {
    answer = (socket) => void does(socket)
    const { port } = gateway.address
    const got: unknown[] = []
    for (let n = 0; n < 10; n++) {
      const bytes = Buffer.concat([
        rawRequest('POST /v1/reports HTTP/1.1', [`Host: localhost:${port}`, `Authorization: Bearer ${token}`, 'Content-Length: 20000000']),
        Buffer.alloc(20_000_000, 'a'),
      ])
      const said = await sendRaw(port, bytes, 'POST')
      got.push([said?.status, said?.body])
    }
    expect(got).toEqual(Array.from({ length: 10 }, () => [413, 'too large']))
  })
})
