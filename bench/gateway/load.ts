// The load, in a process of its own: plain sockets, one request after another on each. A generator that parses whole
// answers costs as much as the proxy that is measured, on the same two cores.
import { connect } from 'node:net'
import { median } from './children.ts'

const load = JSON.parse(process.argv[2] as string) as {
  url: string
  headers: Record<string, string>
  connections: number
  seconds: number
}

const { hostname, pathname, port, host, search } = new URL(load.url)
const lines = Object.entries(load.headers).map(([name, value]) => `${name}: ${value}\r\n`)
const request = Buffer.from(`GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n${lines.join('')}\r\n`)

/** Length of the first answer in these bytes, head and body, once they say so: by its content-length. */
const answerLength = (bytes: Buffer): number | undefined => {
  const head = bytes.indexOf('\r\n\r\n')
  if (head < 0) return undefined
  const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, head + 2))?.[1]
  if (length === undefined) throw new Error('an answer has no length')
  return head + 4 + Number(length)
}

/** Not counted: the time in which connections are made and queues fill. What is answered after the end is not counted either. */
const settlingMs = 500

const times: number[] = []
let failures = 0
const from = performance.now() + settlingMs
const until = from + load.seconds * 1000

/** One connection: the next request as soon as the answer is whole, until the time is over. */
const drive = () =>
  new Promise<void>((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    let sentAt = 0
    let answer = Buffer.alloc(0)
    const send = (): void => {
      sentAt = performance.now()
      socket.write(request)
    }
    socket.on('connect', send).on('error', reject)
    socket.on('close', () => reject(new Error('a connection was closed')))
    socket.on('data', (part) => {
      answer = answer.length === 0 ? part : Buffer.concat([answer, part])
      const length = answerLength(answer)
      if (length === undefined || answer.length < length) return
      const now = performance.now()
      if (now >= from && now < until) times.push(now - sentAt)
      if (answer.toString('latin1', 0, 12) !== 'HTTP/1.1 200' || answer.length > length) failures++
      answer = Buffer.alloc(0)
      if (now < until) return send()
      socket.destroy()
      resolve()
    })
  })

await Promise.all(Array.from({ length: load.connections }, drive))
process.stdout.write(`${JSON.stringify({ rps: times.length / load.seconds, p50_ms: median(times), requests: times.length, failures })}\n`)
