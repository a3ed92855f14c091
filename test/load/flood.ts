// A process of its own that wears the doors out until it is ended. What it holds: see Flood.
import { connect } from 'node:net'

export type Flood = {
  console: string
  gateway: string
  /** Connections to each door that say nothing. */
  silent: number
  /** Bodies to the console that never come to an end. */
  slow: number
  /** Streams that one session asks for at once on one connection, again and again. */
  pipelined: number
  token: string
  path: string
  /** Reads of one tenant's key at any time. */
  reads: number
  key: string
}

const flood = JSON.parse(process.argv[2] ?? '') as Flood
const consoleUrl = new URL(flood.console)
const gatewayUrl = new URL(flood.gateway)

/** A connection that begins with these bytes, and begins anew when the door has ended it. */
const hold = (port: number, bytes = ''): void => {
  const socket = connect(port, '127.0.0.1', () => bytes !== '' && socket.write(bytes))
  socket.on('error', () => {}).resume()
  socket.once('close', () => setTimeout(hold, 200 + Math.random() * 800, port, bytes))
}

for (let i = 0; i < flood.silent; i++) for (const { port } of [consoleUrl, gatewayUrl]) setTimeout(hold, i / 2, Number(port))
const slow = [
  'POST /auth/sign-out HTTP/1.1',
  `Host: ${consoleUrl.host}`,
  `Origin: ${consoleUrl.origin}`,
  'Content-Type: application/json',
  'Content-Length: 100000',
  '',
  '{',
].join('\r\n')
for (let i = 0; i < flood.slow; i++) setTimeout(hold, i / 2, Number(consoleUrl.port), slow)
const pipelined = `GET ${flood.path} HTTP/1.1\r\nHost: ${gatewayUrl.host}\r\nAuthorization: Bearer ${flood.token}\r\n\r\n`.repeat(
  flood.pipelined,
)
hold(Number(gatewayUrl.port), pipelined)

const statuses: Record<number, number> = {}
const read = async (): Promise<void> => {
  for (;;) {
    try {
      const answer = await fetch(`${flood.console}/v1/audit?limit=200`, { headers: { 'x-api-key': flood.key } })
      await answer.arrayBuffer()
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
for (let i = 0; i < flood.reads; i++) void read()
setTimeout(() => process.stdout.write('ready\n'), flood.silent / 2 + 1_000)
process.stdin.on('end', () => process.stdout.write(`${JSON.stringify(statuses)}\n`, () => process.exit())).resume()
