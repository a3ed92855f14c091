import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { openRaw, type RawConnection, rawRequest } from '../support/raw.ts'
import { until } from '../support/until.ts'
import type { GatewayRig } from './rig.ts'

export const key = 'dGhlIHNhbXBsZSBub25jZQ=='
/** What RFC 6455 section 1.3 says is the answer to that key. */
export const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
export const asks = ['Connection: keep-alive, Upgrade', 'Upgrade: websocket', `Sec-WebSocket-Key: ${key}`, 'Sec-WebSocket-Version: 13']

export const acceptFor = (asked: string): string =>
  createHash('sha1').update(`${asked}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

const mask = Buffer.from([1, 2, 3, 4])
/** A frame as a client sends it, or a server. */
export const frame = (opcode: number, payload: Buffer | string, { isMasked = true, first = 0x80 | opcode } = {}): Buffer => {
  const bytes = Buffer.from(payload)
  const length = bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 255]
  if (isMasked) length[0] = (length[0] as number) | 128
  return Buffer.concat([
    Buffer.from([first, ...length]),
    ...(isMasked ? [mask, bytes.map((byte, i) => byte ^ (mask[i % 4] as number))] : [bytes]),
  ])
}
export const closing = (code: number, isMasked = true): Buffer => frame(8, Buffer.from([code >> 8, code & 255]), { isMasked })

/** The product's 101, with whatever a test wants otherwise. */
export const switched = (request: IncomingMessage, { lines }: { lines?: readonly string[] } = {}): string =>
  [
    'HTTP/1.1 101 Switching Protocols',
    ...(lines ?? [
      'Connection: Upgrade',
      'Upgrade: websocket',
      `Sec-WebSocket-Accept: ${acceptFor(request.headers['sec-websocket-key'] as string)}`,
    ]),
    '\r\n',
  ].join('\r\n')

/** The product opens every WebSocket, and answers with what it was sent, unmasked frame by frame as it came. */
export type Opened = { request: IncomingMessage; socket: Socket; bytes(): Buffer; isOver: boolean }
export const openAll = (rig: GatewayRig): Opened[] => {
  const opened: Opened[] = []
  rig.upstream.upgrade = (request, socket, head) => {
    let bytes = Buffer.from(head)
    const one: Opened = { request, socket, bytes: () => bytes, isOver: false }
    opened.push(one)
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
    })
    socket.on('error', () => {})
    for (const event of ['end', 'close'])
      socket.on(event, () => {
        one.isOver = true
      })
    socket.write(switched(request))
  }
  return opened
}

/** A WebSocket through the gateway. */
export const openSocket = async (
  token: string,
  { path = '/v1/live', port, more = [] as string[] }: { path?: string; port: number; more?: string[] },
): Promise<RawConnection & { hello: string }> => {
  const connection = await openRaw(port)
  connection.send(rawRequest(`GET ${path} HTTP/1.1`, [`Host: localhost:${port}`, `Authorization: Bearer ${token}`, ...asks, ...more]))
  await until(() => connection.pending().includes('\r\n\r\n'))
  const hello = connection.pending().toString('latin1').split('\r\n\r\n', 1)[0] as string
  return { ...connection, hello, pending: () => connection.pending().subarray(hello.length + 4) }
}
