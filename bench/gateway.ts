import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { type Child, median, startChild, startNginx } from './gateway/children.ts'
import { type Cpu, perRequest, readCpu } from './gateway/cpu.ts'

export const about = 'the gateway, every request recorded twice, beside a bare proxy that records nothing'

/** Each is measured with all of these, and counts by what it does best: who batches likes more of them than who does not. */
const connectionCounts = [64, 128, 256, 512]
const rounds = 5
const seconds = 3
const warmUpSeconds = 8
const latencyConnections = 8
/** Between two measurements: our log takes its last events meanwhile, at nobody's cost. */
const pauseMs = 1500

type Load = { url: string; headers: Record<string, string>; connections: number; seconds: number }
type Measured = { rps: number; p50_ms: number; requests: number; failures: number; cpu_us?: Cpu }

const report = (line: string): void => void process.stderr.write(`${line}\n`)

/** `read` tells the CPU time of what is measured; from before the load to when nothing is left to do. */
const measure = async (load: Load, read?: () => Cpu): Promise<Measured> => {
  const before = read?.()
  const child = await startChild('load.ts', [JSON.stringify(load)])
  await child.stop()
  await wait(pauseMs)
  const measured = child.ready as Measured
  if (measured.failures > 0) throw new Error(`${load.url}: ${measured.failures} requests failed`)
  return read && before ? { ...measured, cpu_us: perRequest(before, read(), measured.requests) } : measured
}

/**
 * Throughput over keep-alive connections to the same upstream, in alternating rounds of one run; then the median
 * time of a request at a modest load, ours and straight to the upstream.
 */
export const run = async (): Promise<Record<string, unknown>> => {
  const children: Child[] = []
  try {
    const upstream = await startChild<{ url: string }>('upstream.ts')
    children.push(upstream)
    const gateway = await startChild<{ url: string; token: string; pid: number; postmaster: number }>('countersign.ts', [
      upstream.ready.url,
    ])
    children.push(gateway)
    const proxy = await startChild<{ url: string; pid: number }>('http-proxy.ts', [upstream.ready.url])
    children.push(proxy)
    const nginx = await startNginx(upstream.ready.url, children)
    const headers = { authorization: `Bearer ${gateway.ready.token}` }
    const targets = {
      ours: gateway.ready.url,
      fastify_http_proxy: proxy.ready.url,
      ...(nginx === null ? {} : { nginx_auth_request: nginx }),
    }
    const load = (url: string) => ({ url: `${url}/v1/reports?page=1`, headers })
    for (const url of Object.values(targets))
      await measure({ ...load(url), connections: Math.max(...connectionCounts), seconds: warmUpSeconds })
    const cpuReaders: Record<string, () => Cpu> = {
      ours: () => ({ ...readCpu('countersign', gateway.ready.pid), ...readCpu('postgres', gateway.ready.postmaster, true) }),
      fastify_http_proxy: () => readCpu('proxy', proxy.ready.pid),
    }
    const samples: (Measured & { name: string; connections: number })[] = []
    for (let round = 0; round < rounds; round++) {
      for (const connections of connectionCounts) {
        const order = Object.entries(targets)
        if (round % 2 === 1) order.reverse()
        for (const [name, url] of order) {
          const measured = await measure({ ...load(url), connections, seconds }, cpuReaders[name])
          samples.push({ ...measured, name, connections })
          report(
            `round ${round + 1}  ${String(connections).padStart(3)} connections  ${name.padEnd(20)} ${Math.round(measured.rps)} requests/s`,
          )
        }
      }
    }
    const added: number[] = []
    for (let round = 0; round < rounds; round++) {
      const common = { connections: latencyConnections, seconds: 2 }
      const direct = await measure({ ...load(upstream.ready.url), ...common })
      const ours = await measure({ ...load(gateway.ready.url), ...common })
      added.push(ours.p50_ms - direct.p50_ms)
    }
    const samplesOf = (name: string) => samples.filter((sample) => sample.name === name)
    /** Requests a second by number of connections: the median of the rounds. */
    const rpsOf = (name: string): Record<string, number> => {
      const at = (connections: number) => samplesOf(name).filter((sample) => sample.connections === connections)
      return Object.fromEntries(
        connectionCounts.map((connections) => [connections, Math.round(median(at(connections).map(({ rps }) => rps)))]),
      )
    }
    const ours = rpsOf('ours')
    const peer = rpsOf('fastify_http_proxy')
    const authRequest = nginx === null ? null : rpsOf('nginx_auth_request')
    /** CPU microseconds a request by thread: the median of the rounds, where most connections were open. */
    const cpuOf = (name: string): Cpu => {
      const measured = samplesOf(name).filter(({ connections }) => connections === connectionCounts.at(-1))
      const names = [...new Set(measured.flatMap(({ cpu_us }) => Object.keys(cpu_us ?? {})))]
      return Object.fromEntries(names.map((thread) => [thread, median(measured.map(({ cpu_us }) => cpu_us?.[thread] ?? 0))]))
    }
    const sum = (cpu: Cpu): number => Object.values(cpu).reduce((all, each) => all + each, 0)
    const cpu = { ours: cpuOf('ours'), fastify_http_proxy: cpuOf('fastify_http_proxy') }
    const best = (rps: Record<string, number>): number => Math.max(...Object.values(rps))
    const hundredths = (figure: number): number => Math.round(figure * 100) / 100
    return {
      name: 'gateway',
      ours_rps: best(ours),
      peers: { fastify_http_proxy_rps: best(peer), nginx_auth_request_rps: authRequest && best(authRequest) },
      ratio: hundredths(best(ours) / best(peer)),
      added_p50_ms: hundredths(median(added)),
      n: samplesOf('ours').reduce((sum, { requests }) => sum + requests, 0),
      ratio_by_connections: Object.fromEntries(
        Object.entries(ours).map(([connections, rps]) => [connections, hundredths(rps / (peer[connections] as number))]),
      ),
      rps_by_connections: { ours, fastify_http_proxy: peer, ...(authRequest && { nginx_auth_request: authRequest }) },
      cpu_us_per_request: { ours: sum(cpu.ours), fastify_http_proxy: sum(cpu.fastify_http_proxy), by_thread: cpu },
      setting: { rounds, seconds, cpus: readFileSync('/proc/cpuinfo', 'utf8').match(/^processor/gm)?.length ?? null },
    }
  } finally {
    for (const child of children.reverse()) await child.stop()
  }
}
