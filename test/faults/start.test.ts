import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import type { Problem } from '@countersign/contract/errors.ts'
import type { TenantPage } from '@countersign/contract/tenants.ts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { attachEmbedded } from '../../server/src/store/embedded.ts'
import { newVisitor, signIn } from '../support/browser.ts'
import { asSuperuser } from '../support/database.ts'
import { fillFolder, newFolder } from '../support/embedded.ts'
import { isLong } from '../support/long.ts'
import { type Program, runCommand, startProgram } from '../support/program.ts'
import { until } from '../support/until.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { writeConfig } from './product.ts'
import { addTenant, eventsOf, isDatabaseUp, openSession, startInVain, takePort } from './rig.ts'

const dataDir = newFolder()
let upstream: Upstream
let config: string
let program: Program | undefined
const others: Program[] = []

let configured: string | undefined

/** The program with this configuration: the one that runs, where it has the same. */
const start = async (more = '', product = upstream.url): Promise<Program> => {
  if (program && configured === product + more) return program
  await program?.stop()
  configured = product + more
  config = writeConfig(dataDir.path, product, more)
  program = await startProgram(dataDir.path, {}, ['--config', config])
  return program
}

beforeAll(async () => {
  upstream = await startUpstream()
})
afterEach(async () => {
  upstream.answer = undefined
  for (const other of others.splice(0)) await other.stop()
})
afterAll(async () => {
  await program?.stop()
  await (await attachEmbedded({ dataDir: dataDir.path })).stop()
  await upstream.close()
  dataDir.remove()
})

const childrenOf = (pid: number | undefined): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)

const problemOf = async (response: Response): Promise<[number, string]> => {
  const { code, hint, request_id } = (await response.json()) as Problem
  expect(hint).not.toBe('')
  expect(request_id).toMatch(/^req_[0-9a-f]{32}$/)
  return [response.status, code]
}

const readinessOf = async ({ console }: Program): Promise<[number, string, string[]]> => {
  const response = await fetch(`${console}/readyz`)
  const { status, degraded } = (await response.json()) as { status: string; degraded: string[] }
  return [response.status, status, degraded]
}

describe('a port that is taken', () => {
  it.each([
    ['console', 'COUNTERSIGN_PORT', true],
    ['gateway', 'COUNTERSIGN_GATEWAY_PORT', true],
    ['example product', 'COUNTERSIGN_EXAMPLE_PORT', false],
  ])('is named: %s, %s', async (what, variable, withConfig) => {
    config = writeConfig(dataDir.path, upstream.url)
    const taken = await takePort()
    const free = { COUNTERSIGN_PORT: '0', COUNTERSIGN_GATEWAY_PORT: '0', COUNTERSIGN_EXAMPLE_PORT: '0' }
    const { code, out, err } = await startInVain(
      dataDir.path,
      { ...free, [variable]: String(taken.port) },
      withConfig ? ['--config', config] : [],
    )
    await taken.release()
    expect([code, out]).toEqual([1, ''])
    expect(err, 'before anything is begun').not.toContain('…')
    expect(err).toContain(`Port ${taken.port} for the ${what} is taken.`)
    expect(err).toContain(`Set ${variable} to another port, or to 0 for a free one.`)
    expect(isDatabaseUp(dataDir.path)).toBe(false)
  })
})

describe('two instances', () => {
  it('run at the same time on ports and folders of their own', async () => {
    const first = await start()
    const elsewhere = newFolder()
    const second = await startProgram(elsewhere.path, {}, ['--config', config])
    others.push(second)
    for (const { console } of [first, second]) expect((await fetch(`${console}/readyz`)).status).toBe(200)
    const me = await (await signIn(first.console, 'rob')).get('/api/me')
    expect(me.status).toBe(200)
    expect((await (await signIn(second.console, 'rob')).get('/api/me')).status).toBe(200)
    await second.stop()
    expect((await fetch(`${first.console}/readyz`)).status).toBe(200)
    elsewhere.remove()
  })

  it('DB-12 F2 do not share a data folder: the second is refused, and told which folder and who has it', async () => {
    const first = await start()
    const { code, out, err } = await startInVain(dataDir.path, { COUNTERSIGN_PORT: '0', COUNTERSIGN_GATEWAY_PORT: '0' }, [
      '--config',
      config,
    ])
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain(`The data folder ${dataDir.path} is in use by another running instance (pid ${first.child.pid}).`)
    expect(err).toContain('COUNTERSIGN_DATA_DIR')
    expect((await fetch(`${first.console}/readyz`)).status).toBe(200)
  })
})

describe('beside something that is down or answers garbage, the program runs, and says so', () => {
  const garbage: [string, (response: import('node:http').ServerResponse) => void][] = [
    ['text in place of JSON', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>')],
    ['broken JSON', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"items":[')],
    ['JSON of another form', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"users":7}')],
  ]

  it('the product answers what is not HTTP: 502 upstream_refused', async () => {
    const running = await start()
    await addTenant(dataDir.path)
    const session = await openSession(await signIn(running.console, 'rob'))
    upstream.answer = (request) => void request.socket.end('220 mail.example ESMTP\r\n')
    const refused = await fetch(`${running.gateway}/v1/usage`, { headers: { authorization: `Bearer ${session.token}` } })
    expect(await problemOf(refused)).toEqual([502, 'upstream_refused'])
  })

  it.each(isLong ? garbage : garbage.slice(2))('the connector answers %s: 502 directory_garbled', async (what, answer) => {
    upstream.answer = (_request, response) => void answer(response)
    // Anew: one that runs has been answered garbage often enough to ask no more.
    const running = await start(`# ${what}\n`)
    const visitor = await signIn(running.console, 'rob')
    expect(await problemOf(await visitor.get('/api/users?query=rob'))).toEqual([502, 'directory_garbled'])
    expect((await fetch(`${running.console}/readyz`)).status).toBe(200)
  })

  it('the product is down: 502 upstream_unavailable, on the log; and it is reached again when it is back', async () => {
    const down = await startUpstream()
    const running = await start('', down.url)
    await addTenant(dataDir.path)
    const visitor = await signIn(running.console, 'rob')
    const session = await openSession(visitor)
    await down.close()
    const call = () => fetch(`${running.gateway}/v1/usage`, { headers: { authorization: `Bearer ${session.token}` } })
    const refused = await call()
    expect(await problemOf(refused.clone())).toEqual([502, 'upstream_unavailable'])
    const { request_id } = (await refused.json()) as Problem
    const failed = (await eventsOf(dataDir.path, 'SUPPORT_SESSION.REQUEST.FAILED')).find(({ request }) => request?.id === request_id)
    expect(failed).toMatchObject({ code: 'upstream_unavailable', result: 'error' })
    expect((await fetch(`${running.console}/readyz`)).status).toBe(200)
    const back = await startUpstream({ port: down.port })
    expect((await call()).status).toBe(200)
    await back.close()
  })

  it('whoever starts it is told what does not answer', async () => {
    const down = await startUpstream()
    await down.close()
    const running = await start(`identity:\n  issuer: ${down.url}\n  client_id: countersign\n`, down.url)
    expect(running.degraded).toEqual(['directory sync', 'identity provider'])
    expect(await readinessOf(running)).toEqual([200, 'degraded', expect.arrayContaining(['directory sync', 'identity provider'])])
  })

  it('the connector is down: 503 directory_unavailable; tenants that were mirrored can still be worked with', async () => {
    const down = await startUpstream()
    const running = await start('', down.url)
    await down.close()
    await addTenant(dataDir.path)
    const visitor = await signIn(running.console, 'rob')
    expect(await problemOf(await visitor.get('/api/users?query=rob'))).toEqual([503, 'directory_unavailable'])
    expect((await visitor.get('/api/tenants')).status).toBe(200)
    expect((await openSession(visitor)).token).toMatch(/^css_/)
    expect(await readinessOf(running)).toEqual([200, 'degraded', expect.arrayContaining(['directory sync'])])
    // It may have been asked once before it went away.
    const seen = async () => ((await (await visitor.get('/api/tenants')).json()) as TenantPage).directory
    await expect.poll(async () => (await seen()).trouble, { timeout: 90_000 }).toContain('directory_unavailable')
    expect((await seen()).address).toBe(`${down.url}/countersign`)
  })

  it('the identity provider is down or answers garbage: 503 identity_provider_unavailable; one that works is gone to', async () => {
    const { startIssuer } = await import('../support/issuer.ts')
    const provider = await startUpstream()
    const running = await start(`identity:\n  issuer: ${provider.url}\n  client_id: countersign\n`)
    const signInPage = () => newVisitor(running.console).get('/auth/sign-in')
    for (const [, answer] of garbage) {
      provider.answer = (_request, response) => void answer(response)
      expect(await problemOf(await signInPage())).toEqual([503, 'identity_provider_unavailable'])
    }
    await provider.close()
    expect(await problemOf(await signInPage())).toEqual([503, 'identity_provider_unavailable'])
    expect((await fetch(`${running.console}/readyz`)).status).toBe(200)
    const issuer = await startIssuer()
    const again = await start(`identity:\n  issuer: ${issuer.url}\n  client_id: ${issuer.client_id}\n`)
    const begun = await newVisitor(again.console).get('/auth/sign-in')
    expect([begun.status, begun.headers.get('location')]).toEqual([303, expect.stringContaining(issuer.url)])
    await issuer.close()
  })
})

describe('a disk that is full', () => {
  it('DB-11 is named by the start before it has made anything', async ({ skip }) => {
    const folder = newFolder()
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', folder.path])
    skip(mounted.status !== 0, 'nothing can be mounted here')
    try {
      const began = performance.now()
      const { code, stderr } = await runCommand(['start'], {
        COUNTERSIGN_DATA_DIR: folder.path,
        COUNTERSIGN_PORT: '0',
        COUNTERSIGN_GATEWAY_PORT: '0',
      })
      expect([code, stderr]).toEqual([1, expect.stringContaining(`The disk under ${folder.path} is full: `)])
      expect(performance.now() - began).toBeLessThan(20_000)
      expect(readdirSync(folder.path)).not.toContain('postgres')
    } finally {
      spawnSync('umount', [folder.path])
      folder.remove()
    }
  })
})

describe('the example product', () => {
  it('outlives a backend of its database, and is started again where it dies', async () => {
    const elsewhere = newFolder()
    await fillFolder(elsewhere.path)
    const running = await startProgram(elsewhere.path, { ACME_TRAFFIC: '0' })
    others.push(running)
    expect(running.degraded).toEqual([])
    const visitor = await signIn(running.console, 'rob')
    const search = async () => (await visitor.get('/api/users?query=eve@globex.example')).status
    const { superuserUrl } = await attachEmbedded({ dataDir: elsewhere.path })
    for (let n = 0; n < 3; n++) {
      await asSuperuser(superuserUrl, `select pg_terminate_backend(pid) from pg_stat_activity where datname = 'countersign_example'`)
      await until(async () => (await search()) === 200, 90)
    }
    const [acme] = childrenOf(running.child.pid).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('examples/acme'))
    process.kill(acme as number, 'SIGKILL')
    await until(async () => (await readinessOf(running))[2].includes('example product'), 90)
    await until(async () => (await search()) === 200, 90)
    await until(async () => (await readinessOf(running))[1] === 'ready', 90)
    await running.stop()
    elsewhere.remove()
  }, 400_000)
})
