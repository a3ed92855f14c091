import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { newSelfSigned } from './certificate.ts'

export type Received = { method: string; path: string; headers: Record<string, string>; body: string }
type Answer = { status?: number; body?: unknown; headers?: Record<string, string>; reset?: 'before' | 'after' }
/** What the receiver does with a request; by default it says 200. */
export type Behaviour = (received: Received, at: number) => Answer | undefined | Promise<Answer | undefined>

const read = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

/** Somebody who takes events over HTTP, or over HTTPS with a certificate of its own, and does what the test says. */
export const startReceiver = async ({ tls = false, until = undefined as string | undefined } = {}) => {
  const received: Received[] = []
  let behave: Behaviour = () => undefined
  const { key, cert } = tls ? newSelfSigned('localhost', until) : { key: '', cert: '' }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await read(request)
    const one: Received = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers as Record<string, string>,
      body,
    }
    const { status = 200, body: text = '', headers = {}, reset } = (await behave(one, received.length)) ?? {}
    if (reset === 'before') return void request.socket.resetAndDestroy()
    received.push({ ...one, ...(status === 200 ? {} : { path: `${one.path} ${status}` }) })
    if (reset === 'after') return void request.socket.resetAndDestroy()
    response.writeHead(status, headers).end(typeof text === 'string' ? text : JSON.stringify(text))
  }
  const listener = (request: IncomingMessage, response: ServerResponse) => void answer(request, response).catch(() => response.destroy())
  const server = tls ? createTlsServer({ key, cert }, listener) : createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls ? 'https' : 'http'}://localhost:${port}`,
    cert,
    /** What was taken: answered with 200, or broken off after it was. */
    received,
    behave: (next: Behaviour) => {
      behave = next
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
export type Receiver = Awaited<ReturnType<typeof startReceiver>>
