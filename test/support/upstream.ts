import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** A request as the product received it. */
export type Received = { method: string; target: string; headers: Map<string, string>; raw_headers: string[]; body: Buffer; at_ms: number }

export type Upstream = {
  url: string
  port: number
  /** Every request whose head arrived, in order. */
  received: Received[]
  /** Every byte that arrived, in order. */
  bytes(): Buffer
  /** Answers in place of the default echo; undefined brings it back. */
  answer: ((request: IncomingMessage, response: ServerResponse, received: Received) => void) | undefined
  /** Takes connections off HTTP. Without it a request for another protocol is one like any other. */
  upgrade: ((request: IncomingMessage, socket: Socket, head: Buffer) => void) | undefined
  /** How many connections were opened so far. */
  connections(): number
  forget(): void
  close(): Promise<void>
}

/** A product of the test's own that writes down what it receives, byte for byte, and echoes what it was asked. */
export const startUpstream = async ({ port = 0 } = {}): Promise<Upstream> => {
  const received: Received[] = []
  let chunks: Buffer[] = []
  let opened = 0
  const sockets = new Set<Socket>()
  const server = createServer({ shouldUpgradeCallback: () => upstream.upgrade !== undefined }, (request, response) => {
    const headers = new Map<string, string>()
    for (let i = 0; i < request.rawHeaders.length; i += 2)
      headers.set((request.rawHeaders[i] as string).toLowerCase(), request.rawHeaders[i + 1] as string)
    const entry: Received = {
      method: request.method ?? '',
      target: request.url ?? '',
      headers,
      raw_headers: request.rawHeaders,
      body: Buffer.alloc(0),
      at_ms: performance.now(),
    }
    received.push(entry)
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => {
      parts.push(part)
      entry.body = Buffer.concat(parts)
    })
    request.on('error', () => {})
    if (upstream.answer) return upstream.answer(request, response, entry)
    request.on('end', () => {
      const body = JSON.stringify({ method: entry.method, target: entry.target, body: entry.body.toString() })
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body)
    })
  })
  server.on('upgrade', (request, socket, head) => upstream.upgrade?.(request, socket as Socket, head))
  server.on('connection', (socket) => {
    opened++
    sockets.add(socket)
    socket.on('data', (part) => chunks.push(Buffer.from(part)))
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address() as AddressInfo
  const upstream: Upstream = {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    received,
    bytes: () => Buffer.concat(chunks),
    answer: undefined,
    upgrade: undefined,
    connections: () => opened,
    forget: () => {
      received.length = 0
      chunks = []
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return upstream
}
