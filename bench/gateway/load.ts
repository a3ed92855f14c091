// The load, in a process of its own: autocannon for throughput; for latency plain sockets and a clock finer than a millisecond.
import { connect } from 'node:net'
// @ts-expect-error it has no types
import autocannon from 'autocannon'
import { median } from './children.ts'

const load = JSON.parse(process.argv[2] as string) as {
  url: string
  headers: Record<string, string>
  connections: number
  seconds: number
  mode: 'throughput' | 'latency'
}

const measureThroughput = async () => {
  const { url, headers, connections, seconds } = load
  const result = await autocannon({ url, headers, connections, duration: seconds, pipelining: 1 })
  const failures = result.errors + result.timeouts + result.non2xx
  return { rps: result['2xx'] / result.duration, p50_ms: result.latency.p50, requests: result['2xx'], failures }
}

/** One connection after another request as soon as the answer is whole; all answers are small and have a length. */
const measureLatency = async () => {
  const { hostname, port, host, pathname, search } = new URL(load.url)
  const lines = Object.entries(load.headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const request = Buffer.from(`GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n${lines.join('')}\r\n`)
  const times: number[] = []
  let failures = 0
  const until = performance.now() + load.seconds * 1000
  const drive = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true })
      let started = 0
      let text = ''
      const send = () => {
        text = ''
        started = performance.now()
        socket.write(request)
      }
      socket.setEncoding('latin1').on('connect', send).on('error', reject)
      socket.on('data', (part: string) => {
        text += part
        const head = text.indexOf('\r\n\r\n')
        const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1]
        if (head < 0 || length === undefined || text.length < head + 4 + Number(length)) return
        times.push(performance.now() - started)
        if (!text.startsWith('HTTP/1.1 200')) failures++
        if (performance.now() < until) return send()
        socket.destroy()
        resolve()
      })
    })
  await Promise.all(Array.from({ length: load.connections }, drive))
  return { rps: times.length / load.seconds, p50_ms: median(times), requests: times.length, failures }
}

process.stdout.write(`${JSON.stringify(load.mode === 'latency' ? await measureLatency() : await measureThroughput())}\n`)
