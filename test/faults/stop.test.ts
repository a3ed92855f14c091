import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { findPlace } from '../../server/src/store/embedded/place.ts'
import { attachEmbedded } from '../../server/src/store/embedded.ts'
import { signIn, type Visitor } from '../support/browser.ts'
import { newFolder } from '../support/embedded.ts'
import { mainFile, type Program, repository, startProgram } from '../support/program.ts'
import { until } from '../support/until.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { writeConfig } from './product.ts'
import { addTenant, eventsOf, isDatabaseUp, openSession } from './rig.ts'

const dataDir = newFolder()
let upstream: Upstream
let config: string
let program: Program | undefined

beforeAll(async () => {
  upstream = await startUpstream()
  config = writeConfig(dataDir.path, upstream.url)
})
afterEach(async () => {
  upstream.answer = undefined
  await program?.kill()
})
afterAll(async () => {
  await (await attachEmbedded({ dataDir: dataDir.path })).stop()
  await upstream.close()
  dataDir.remove()
})

type Held = { finish: () => void; arrived: () => boolean; session: { id: string; token: string }; visitor: Visitor; running: Program }

/** A running program, and a product that answers what matches only when told to. */
const hold = async (path: RegExp, head: (response: import('node:http').ServerResponse) => void = () => {}): Promise<Held> => {
  const running = await startProgram(dataDir.path, {}, ['--config', config])
  program = running
  await addTenant(dataDir.path)
  const visitor = await signIn(running.console, 'rob')
  const session = await openSession(visitor)
  const waiting: (() => void)[] = []
  upstream.answer = (request, response) => {
    if (!path.test(request.url ?? '')) return void response.writeHead(503).end()
    head(response)
    const finish = () => {
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/json' })
      response.end('{"items":[]}')
    }
    waiting.push(finish)
  }
  return {
    running,
    visitor,
    session,
    arrived: () => waiting.length > 0,
    finish: () => {
      for (const finish of waiting) finish()
    },
  }
}

/** Processes of a database server on this folder, whatever its files say. */
const serversOf = (folder: string): string[] =>
  process.platform !== 'linux'
    ? []
    : readdirSync('/proc').filter((pid) => {
        try {
          return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(findPlace(folder).cluster)
        } catch {
          return false
        }
      })

/** A program that begins to start. */
const spawnStart = (folder: string, options: readonly string[] = []) =>
  spawn(process.execPath, [mainFile, ...options, 'start', '--json'], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      DATABASE_URL: '',
      COUNTERSIGN_PORT: '0',
      COUNTERSIGN_GATEWAY_PORT: '0',
      COUNTERSIGN_EXAMPLE_PORT: '0',
      COUNTERSIGN_DATA_DIR: folder,
    },
  })

/** Waits until the program has ended by itself. */
const exitOf = async ({ running: { child } }: Held): Promise<number | null> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

const callGateway = ({ running, session }: Held, path: string) =>
  fetch(`${running.gateway}${path}`, { headers: { authorization: `Bearer ${session.token}` } })

/** What it says is read on: it may say more. */
const heard = ({ stderr }: { stderr: Readable }, line: RegExp): Promise<void> =>
  new Promise((resolve) => {
    stderr.on('data', (chunk) => line.test(String(chunk)) && resolve())
  })

describe('told to end (SIGTERM, CR-12)', () => {
  it('finishes a request under way, takes no new one, and goes with exit code 0 and its database server', async () => {
    const held = await hold(/^\/v1\/usage/)
    const answer = callGateway(held, '/v1/usage')
    await until(held.arrived)
    held.running.child.kill('SIGTERM')
    await until(async () => {
      const late = await callGateway(held, '/v1/members').catch(() => undefined)
      return late === undefined || (await late.text()).includes('"shutting_down"')
    })
    expect(held.running.child.exitCode).toBeNull()
    held.finish()
    expect([(await answer).status, await (await answer).text()]).toEqual([200, '{"items":[]}'])
    expect(await exitOf(held)).toBe(0)
    expect(isDatabaseUp(dataDir.path)).toBe(false)
  })

  it('finishes what is under way in the console, too', async () => {
    const held = await hold(/^\/countersign\/users/)
    const answer = held.visitor.get('/api/users?query=rob')
    await until(held.arrived)
    held.running.child.kill('SIGTERM')
    await until(async () => (await fetch(held.running.console).catch(() => undefined))?.status !== 200)
    held.finish()
    expect([(await answer).status, await (await answer).json()]).toEqual([200, { items: [], unreadable: { count: 0, rows: [] } }])
    expect(await exitOf(held)).toBe(0)
  })

  it('ends live pages at once: they connect again elsewhere', async () => {
    const held = await hold(/^$/)
    const stream = await held.visitor.get('/api/audit/stream', { accept: 'text/event-stream' })
    expect(stream.status).toBe(200)
    const text = stream.text().catch(() => '')
    held.running.child.kill('SIGTERM')
    const began = performance.now()
    await text
    expect([await exitOf(held), performance.now() - began < 5_000]).toEqual([0, true])
  })

  it('cuts, after ten seconds, an answer that does not end, and says so on the log', async () => {
    const held = await hold(/^\/v1\/usage/, (response) => response.writeHead(200, { 'content-type': 'text/plain' }).write('first'))
    const answer = await callGateway(held, '/v1/usage')
    const began = performance.now()
    held.running.child.kill('SIGTERM')
    await expect(answer.text()).rejects.toThrow('terminated')
    expect(await exitOf(held)).toBe(0)
    expect(performance.now() - began).toBeGreaterThan(9_000)
    program = await startProgram(dataDir.path, {}, ['--config', config])
    const cut = (await eventsOf(dataDir.path, 'SUPPORT_SESSION.REQUEST.CUT')).at(-1)
    expect(cut).toMatchObject({ code: 'shutting_down', session_id: held.session.id, request: { id: answer.headers.get('x-request-id') } })
  })

  it('ends at once when told twice; the request that was under way gets its outcome after the next start (I2)', async () => {
    const held = await hold(/^\/v1\/usage/)
    const answer = callGateway(held, '/v1/usage').catch(() => undefined)
    await until(held.arrived)
    held.running.child.kill('SIGTERM')
    await until(async () => (await fetch(held.running.console).catch(() => undefined)) === undefined)
    held.running.child.kill('SIGTERM')
    expect(await exitOf(held)).toBe(1)
    expect(await answer).toBeUndefined()
    await until(() => !isDatabaseUp(dataDir.path))
    program = await startProgram(dataDir.path, {}, ['--config', config])
    const [arrived] = upstream.received.filter(({ target }) => target === '/v1/usage').slice(-1)
    const requestId = arrived?.headers.get('countersign-request-id')
    const outcome = await until(async () =>
      (await eventsOf(dataDir.path, 'SUPPORT_SESSION.REQUEST.FAILED')).find(({ request }) => request?.id === requestId),
    )
    expect(outcome).toMatchObject({ code: 'outcome_unknown', result: 'error', session_id: held.session.id })
  })

  it.each([/Making the database/, /Starting the database/])(
    'ends in good order while the first start says %s, and leaves no database server behind',
    async (line) => {
      const fresh = newFolder()
      const child = spawnStart(fresh.path, ['--config', config])
      const exit = once(child, 'exit')
      await heard(child, line)
      // As soon as there is a server, which is not ready yet: unless it is, and the program has gone on.
      if (line.source.startsWith('Starting')) await until(() => existsSync(join(findPlace(fresh.path).cluster, 'postmaster.pid')))
      child.kill('SIGTERM')
      expect(await exit).toEqual([0, null])
      await until(() => !isDatabaseUp(fresh.path))
      expect(serversOf(fresh.path)).toEqual([])
      fresh.remove()
    },
  )

  it('ends in good order while the doors are open and the example is still being made', async () => {
    const fresh = newFolder()
    const child = spawnStart(fresh.path)
    const exit = once(child, 'exit')
    await heard(child, /data is still being made/)
    child.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
    expect(isDatabaseUp(fresh.path)).toBe(false)
    expect(serversOf(fresh.path)).toEqual([])
    expect(readFileSync(join(fresh.path, 'countersign.log'), 'utf8')).toMatch(/"service":"example product".*"stopped"/)
    fresh.remove()
  })

  it('ends with npm, which hands no signal on', async () => {
    const child = spawn('npm', ['run', '-s', 'countersign', '--', '--config', config, 'start', '--json'], {
      cwd: repository,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, DATABASE_URL: '', COUNTERSIGN_PORT: '0', COUNTERSIGN_GATEWAY_PORT: '0', COUNTERSIGN_DATA_DIR: dataDir.path },
    })
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    const { console } = JSON.parse(line) as { console: string }
    child.kill('SIGTERM')
    await until(async () => (await fetch(`${console}/healthz`).catch(() => undefined)) === undefined)
    await until(() => !isDatabaseUp(dataDir.path) && !existsSync(join(dataDir.path, 'instance.pid')))
  })

  it('ends in good order while it is still starting, and leaves no database server behind', async () => {
    const child = spawnStart(dataDir.path, ['--config', config])
    const exit = once(child, 'exit')
    await heard(child, /Opening the doors/)
    child.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
    await until(() => !isDatabaseUp(dataDir.path))
  })
})
