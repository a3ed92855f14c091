import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { loadavg } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { signIn, type Visitor } from '../support/browser.ts'
import { fillFolder, newFolder } from '../support/embedded.ts'
import { isLong, share } from '../support/long.ts'
import { type Program, runCommand, startProgram } from '../support/program.ts'
import { until } from '../support/until.ts'
import type { Flood } from './flood.ts'

/*
 * The whole program, in a process of its own, worn out by another: what strangers hold and one session and one key ask for
 * leaves an honest session and a revocation alone. A tenth of it in `npm test`.
 */

const tenant = 'ten_globex'
const dataDir = newFolder({ onDisk: false })
/** In the first third of it, memory grows to what a flood takes. */
const lastsMs = isLong ? 150_000 : 12_000
const growthMb = 100
let program: Program
let visitor: Visitor
let flood: ChildProcess | undefined
let greedy: { id: string; token: string }

const open = async (): Promise<{ id: string; token: string }> => {
  const answer = await visitor.send('POST', '/api/sessions', { tenant_id: tenant, reason: 'Working while others flood' })
  const { session, token } = (await answer.json()) as { session: { id: string }; token: string }
  return { id: session.id, token }
}
const memoryMb = (): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${program.child.pid}/status`, 'utf8'))?.[1]) / 1_024

const startFlood = async (): Promise<ChildProcess> => {
  const created = await runCommand(['keys', 'create', '--tenant', tenant, '--name', 'flood', '--json'], {
    COUNTERSIGN_DATA_DIR: dataDir.path,
  })
  greedy = await open()
  const given: Flood = {
    console: program.console,
    gateway: program.gateway,
    silent: share(5_000),
    slow: share(2_000),
    pipelined: share(21_000) / 10,
    token: greedy.token,
    path: '/v1/events',
    reads: share(500),
    key: (JSON.parse(created.stdout) as { key: string }).key,
  }
  flood = spawn(process.execPath, [new URL('./flood.ts', import.meta.url).pathname, JSON.stringify(given)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(flood.stdout as NodeJS.ReadableStream, 'data')
  return flood
}

beforeAll(async () => {
  await fillFolder(dataDir.path)
  program = await startProgram(dataDir.path)
  visitor = await signIn(program.console, 'rob')
  await until(async () => (await visitor.get(`/api/tenants/${tenant}`)).status === 200, 60)
})

afterAll(async () => {
  if (flood?.exitCode === null) {
    flood.kill('SIGKILL')
    await once(flood, 'exit')
  }
  await program?.stop()
  dataDir.remove()
}, 60_000)

it('who comes while it is busy waits, and is not turned away by the system', async () => {
  const most = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'))
  const callers = Math.min(2_000, most)
  for (const url of [program.console, program.gateway]) {
    const sockets: Socket[] = []
    program.child.kill('SIGSTOP')
    try {
      let connected = 0
      for (let i = 0; i < callers; i++)
        sockets.push(connect(Number(new URL(url).port), '127.0.0.1', () => connected++).on('error', () => {}))
      await until(() => connected === callers, 10)
    } finally {
      program.child.kill('SIGCONT')
      for (const socket of sockets) socket.destroy()
    }
  }
}, 60_000)

it(`an honest session and a revocation go on under ${share(5_000)} silent connections, ${share(2_000)} slow bodies, ${share(21_000) / 10} pipelined streams and ${share(500)} reads at once`, async () => {
  // The product has read our keys before: it asks at the door that is about to be flooded.
  const first = await open()
  expect((await fetch(`${program.gateway}/v1/usage`, { headers: { authorization: `Bearer ${first.token}` } })).status).toBe(200)
  const wornBy = await startFlood()
  const times: number[] = []
  const timed = async (run: () => Promise<Response>, status: number): Promise<Response> => {
    const began = performance.now()
    const answer = await run()
    times.push(performance.now() - began)
    if (answer.status !== status) expect.fail(`${answer.url} answered ${answer.status}: ${await answer.text()}`)
    return answer
  }
  const memory: number[] = []
  for (const began = performance.now(); performance.now() - began < lastsMs; ) {
    const { id, token } = await open()
    const ask = () => fetch(`${program.gateway}/v1/usage`, { headers: { authorization: `Bearer ${token}`, connection: 'close' } })
    for (let i = 0; i < 5; i++) await (await timed(ask, 200)).arrayBuffer()
    await (await timed(() => visitor.send('POST', `/api/sessions/${id}/revocation`, {}), 200)).arrayBuffer()
    await (await timed(ask, 403)).arrayBuffer()
    memory.push(memoryMb())
    await pause(100)
  }
  const sorted = times.toSorted((a, b) => a - b)
  const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] as number
  const third = Math.floor(memory.length / 3)
  const [before, after] = [Math.max(...memory.slice(third, 2 * third)), Math.max(...memory.slice(2 * third))]
  wornBy.stdin?.end()
  const [statuses] = (await once(wornBy.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  console.log(
    `${times.length} requests: median ${Math.round(sorted[sorted.length >> 1] as number)} ms, p99 ${Math.round(p99)} ms; memory ${Math.round(before)} to ${Math.round(after)} MB; reads ${statuses.toString().trim()}; load ${loadavg().map(Math.round).join(' ')}`,
  )
  expect(p99).toBeLessThan(2_000)
  expect(after - before).toBeLessThan(growthMb)
  // It was what it says: streams that were let in, and others that found no room.
  for (const [action, code] of [
    ['SUPPORT_SESSION.REQUEST.ADMITTED', undefined],
    ['SUPPORT_SESSION.REQUEST.REFUSED', 'overloaded'],
  ]) {
    const answer = await visitor.get(`/api/audit?session_id=${greedy.id}&action=${action}&limit=1`)
    const { items } = (await answer.json()) as { items: { code?: string; request: { path: string } }[] }
    expect(items).toMatchObject([{ ...(code === undefined ? {} : { code }), request: { path: '/v1/events' } }])
  }
}, 400_000)
