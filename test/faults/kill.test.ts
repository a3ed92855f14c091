import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findPlace } from '../../server/src/store/embedded/place.ts'
import { findPostmaster } from '../../server/src/store/embedded/postmaster.ts'
import { attachEmbedded } from '../../server/src/store/embedded.ts'
import { withDatabase } from '../../server/src/store/urls.ts'
import { newVisitor, signIn, type Visitor } from '../support/browser.ts'
import { newFolder } from '../support/embedded.ts'
import { share } from '../support/long.ts'
import { type Program, runCommand, startProgram } from '../support/program.ts'
import { until } from '../support/until.ts'
import { newJudge } from './judge.ts'
import { type Acknowledged, startLoad } from './load.ts'
import { findFixedPort, type Product, startProduct, writeConfig } from './product.ts'
import { newRandom } from './random.ts'

/*
 * Kills the running program at random moments under load, again and again, on the same data. The product is the judge: it
 * writes down what reaches it, on the disk before it does anything. Most rounds kill the program alone; some kill the database
 * server under it first, and some both at once.
 *
 * The seed is another one in each run, and printed; COUNTERSIGN_KILL_SEED repeats a run's moments.
 */

const rounds = share(100)
const seed = Number(process.env.COUNTERSIGN_KILL_SEED || Math.floor(Math.random() * 1_000_000_000))
const random = newRandom(seed)
const dataDir = newFolder({ onDisk: true })
const checkpoint = join(dataDir.path, 'checkpoint-halfway')
const tenant = 'ten_globex'

let ports: [console: number, gateway: number]
let product: Product
let config: string
let program: Program | undefined
let visitor: Visitor

const start = async (): Promise<{ running: Program; seconds: number }> => {
  const began = performance.now()
  const environment = { COUNTERSIGN_PORT: String(ports[0]), COUNTERSIGN_GATEWAY_PORT: String(ports[1]) }
  const running = await startProgram(dataDir.path, environment, ['--config', config])
  program = running
  return { running, seconds: (performance.now() - began) / 1000 }
}

const killDatabase = (): void => {
  const found = findPostmaster(findPlace(dataDir.path).cluster)
  if (!found) throw new Error('there is no database server to kill')
  process.kill(found.pid, 'SIGKILL')
}

const open = async (minutes: number): Promise<{ token: string; ends: number }> => {
  const opened = await visitor.send('POST', '/api/sessions', {
    tenant_id: tenant,
    reason: 'Reading while the program is killed',
    ttl_minutes: minutes,
  })
  const { session, token } = (await opened.json()) as { session: { expires_at: string }; token: string }
  return { token, ends: Date.parse(session.expires_at) }
}

const fetchCheckpoint = async (): Promise<{ note: string; size: number }> => {
  const note = await (await fetch(`http://localhost:${ports[0]}/log/checkpoint`)).text()
  return { note, size: Number(note.split('\n')[1]) }
}

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
const figures = (numbers: readonly number[]): string => {
  const all = [...numbers].sort((a, b) => a - b).map((number) => number.toFixed(2))
  return `median ${median(numbers).toFixed(2)} s, all ${numbers.length}: ${all.join(' ')}`
}

beforeAll(async () => {
  ports = [await findFixedPort(), await findFixedPort()]
  product = await startProduct({ folder: dataDir.path, consoleUrl: `http://localhost:${ports[0]}` })
  config = writeConfig(dataDir.path, product.url)
  const { running } = await start()
  visitor = await signIn(running.console, 'rob')
  await until(async () => (await visitor.get(`/api/tenants/${tenant}`)).status === 200)
}, 120_000)

afterAll(async () => {
  await program?.kill()
  await (await attachEmbedded({ dataDir: dataDir.path })).stop()
  await product?.close()
  dataDir.remove()
}, 60_000)

describe(`kill -9 at ${rounds} random moments under load (seed ${seed})`, () => {
  const judge = newJudge()
  const restarts: Record<'program' | 'both' | 'database first', number[]> = { program: [], both: [], 'database first': [] }
  const returns: number[] = []
  let session: { token: string; ends: number }
  let stream: string
  let last: Acknowledged | undefined
  let size = 0

  const readLog = async (): Promise<void> => {
    const { superuserUrl } = await attachEmbedded({ dataDir: dataDir.path })
    await judge.read(withDatabase(superuserUrl, 'countersign'))
  }

  /** What the last round left, seen from the program that was started after it. */
  const look = async (running: Program): Promise<void> => {
    await readLog()
    judge.judgeArrivals(product.arrivals())
    if (last) judge.judgeAcknowledged(last)
    if (last?.revokedToken) {
      const refused = await fetch(`${running.gateway}/v1/usage`, { headers: { authorization: `Bearer ${last.revokedToken}` } })
      if (((await refused.json()) as { code: string }).code !== 'session_revoked') judge.complaints.push('a revocation was forgotten')
    }
    const now = await fetchCheckpoint()
    if (now.size < size) judge.complaints.push(`the checkpoint went back from ${size} to ${now.size}`)
    size = now.size
  }

  it(
    'I1 F6 CR-8 leaves every request that reached the product admitted, and loses nothing that was acknowledged',
    async () => {
      session = await open(60)
      const exports = await fetch(`${program?.gateway}/v1/exports?limit=1`, { headers: { authorization: `Bearer ${session.token}` } })
      const { items } = (await exports.json()) as { items: { id: string }[] }
      stream = `/v1/exports/${items[0]?.id}/download?rate=100000`
      for (let round = 0; round < rounds; round++) {
        const running = program as Program
        if (Date.now() > session.ends - 600_000) session = await open(60)
        if ((await visitor.get('/api/me')).status !== 200) visitor = await signIn(running.console, 'rob')
        const load = startLoad({ gateway: running.gateway, visitor, tenant, token: session.token, stream, random })
        const kind = round % 10 === 4 ? 'both' : round % 10 === 9 ? 'database first' : 'program'
        await pause(20 + random() * 580)
        if (kind !== 'program') killDatabase()
        if (kind === 'database first') {
          const began = performance.now()
          const before = load.acknowledged.answered.length
          await until(() => load.acknowledged.answered.length > before + 20, 30)
          returns.push((performance.now() - began) / 1000)
          await pause(random() * 200)
        }
        await running.kill()
        await load.stop()
        last = load.acknowledged
        const { running: next, seconds } = await start()
        restarts[kind].push(seconds)
        await look(next)
        if (round === Math.floor(rounds / 2)) writeFileSync(checkpoint, (await fetchCheckpoint()).note)
        expect(judge.complaints, `round ${round}, ${kind} killed, seed ${seed}`).toEqual([])
      }
      const { arrived, requests, entries, sessions, revocations } = judge.counts()
      console.log(
        [
          `${rounds} kills, seed ${seed}: ${entries} log entries, ${requests} requests, ${arrived} reached the product, ${sessions} sessions created, ${revocations} revoked`,
          ...Object.entries(restarts)
            .filter(([, seconds]) => seconds.length > 0)
            .map(([kind, seconds]) => `  restart after killing ${kind}: ${figures(seconds)}`),
          ...(returns.length > 0 ? [`  answers again after the database server alone was killed: ${figures(returns)}`] : []),
        ].join('\n'),
      )
      expect(arrived).toBeGreaterThan(rounds)
    },
    120_000 + rounds * 20_000,
  )

  it('I2 P2 gives every admission one outcome within a minute of the last restart', async () => {
    const left = judge.open()
    await until(async () => {
      await readLog()
      return judge.open() === 0
    }, 60)
    judge.judgeOutcomes()
    expect(judge.complaints).toEqual([])
    console.log(`  ${left} admissions were still open after the last restart; none is now`)
  }, 90_000)

  it('M2 leaves a log that verifies: the database, an export of it, the server; also from the checkpoint taken halfway', async () => {
    const environment = { COUNTERSIGN_DATA_DIR: dataDir.path, COUNTERSIGN_PORT: String(ports[0]) }
    const folder = join(dataDir.path, 'exported')
    expect((await runCommand(['--config', config, 'export', folder], environment)).code).toBe(0)
    for (const source of [[], [folder], [`http://localhost:${ports[0]}`]]) {
      const { code, stdout, stderr } = await runCommand(['--config', config, 'verify', ...source, '--checkpoint', checkpoint], environment)
      // Beside that it says on stderr which data folder it used, where it used one.
      const said = expect.stringMatching(/^( {2}data folder: [^\n]+\n)?$/)
      expect([code, stdout, stderr]).toEqual([0, expect.stringContaining('verifies.'), said])
    }
  }, 120_000)

  // How many seconds it takes is a figure of the run, above: what a busy machine does to it is no fault of the program.
  it('restarts after each of them, in no more than half a minute', () => {
    const seconds = Object.values(restarts).flat()
    expect(seconds).toHaveLength(rounds)
    expect(Math.max(...seconds)).toBeLessThanOrEqual(30)
  })

  it('signs in anew after all of it', async () => {
    const fresh: Visitor = newVisitor(program?.console as string)
    expect((await fresh.get('/api/me')).status).toBe(401)
    expect((await (await signIn(program?.console as string, 'val')).get('/api/me')).status).toBe(200)
  })
})
