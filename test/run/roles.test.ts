import { writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import type { LoggedEvent } from '@countersign/contract/events.ts'
import type { ServiceStatus } from '@countersign/contract/services.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../server/src/config.ts'
import { pickPort } from '../../server/src/ports.ts'
import { signIn } from '../support/browser.ts'
import { newDatabase, type TestDatabase } from '../support/database.ts'
import { startDirectory } from '../support/directory.ts'
import { newDataDir, type Program, startProgram } from '../support/program.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const free = () => pickPort('127.0.0.1', 0)
const environment = (more: Record<string, string> = {}) => ({ DATABASE_URL: 'postgres://owner@127.0.0.1:1/x', ...more })
const configFile = (folder: string, urls: { console: string; gateway: string; upstream: string; directory: string }): string => {
  const path = join(folder, 'countersign.config.yaml')
  writeFileSync(
    path,
    `
console: { public_url: '${urls.console}' }
gateway:
  public_url: '${urls.gateway}'
  upstream: '${urls.upstream}'
  upstream_audience: test-api
  routes: [{ method: GET, path: /v1/reports, scope: 'reports:read' }]
  presets: { read_only: ['reports:read'] }
directory: { connector: { url: '${urls.directory}', audience: test-directory }, sync_seconds: 5 }
keys_dir: '${join(folder, 'keys')}'
`,
  )
  return path
}

describe('two processes over one database', () => {
  const folder = newDataDir()
  let database: TestDatabase
  let upstream: Upstream
  let directory: Awaited<ReturnType<typeof startDirectory>>
  let console_: Program
  let rest: Program
  let statusPort = 0

  beforeAll(async () => {
    const [consolePort, gatewayPort, otherPort] = [await free(), await free(), await free()]
    statusPort = otherPort
    const consoleUrl = `http://localhost:${consolePort}`
    database = await newDatabase()
    upstream = await startUpstream()
    directory = await startDirectory({ issuer: consoleUrl, audience: 'test-directory' })
    const urls = { console: consoleUrl, gateway: `http://localhost:${gatewayPort}`, upstream: upstream.url, directory: directory.url }
    const config = configFile(folder.path, urls)
    const start = (roles: string, port: number) =>
      startProgram(
        join(folder.path, roles),
        {
          DATABASE_URL: database.ownerUrl,
          DATABASE_APP_URL: database.appUrl,
          COUNTERSIGN_PORT: String(port),
          COUNTERSIGN_GATEWAY_PORT: String(gatewayPort),
        },
        ['--config', config],
        ['--roles', roles],
      )
    // One after the other: the second one's keys are the first one's.
    console_ = await start('console', consolePort)
    rest = await start('gateway,worker', otherPort)
  })
  afterAll(async () => {
    await console_?.stop()
    await rest?.stop()
    await upstream?.close()
    await directory?.close()
    await database?.close()
    folder.remove()
  })

  const servicesAt = async (url: string): Promise<string[]> => {
    const { services } = (await (await fetch(`${url}/readyz`)).json()) as { services: ServiceStatus[] }
    return services.map(({ name }) => name)
  }

  it('run only what their roles need, and each says how that is doing', async () => {
    expect(await servicesAt(console_.console)).toEqual(['store', 'database', 'connector', 'identity', 'signals', 'console door'])
    expect(await servicesAt(`http://localhost:${statusPort}`)).toEqual([
      'store',
      'background store',
      'export store',
      'database',
      'gateway writer',
      'sequencer',
      'clock',
      'connector',
      'expiry',
      'outcomes',
      'action requests',
      'reconciliation',
      'health partitions',
      'health',
      'exports',
      'gateway',
      'gateway watch',
      'gateway views',
      'gateway outbox',
      'gateway strangers',
      'console door',
      'directory sync',
    ])
  })

  it('the one without the console answers no page and no API, also by the console’s name', async () => {
    const { host } = new URL(console_.console)
    const statusOf = (path: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        get({ port: statusPort, path, headers: { host } }, (response) => resolve(response.resume().statusCode)).once('error', reject)
      })
    for (const path of ['/', '/api/me', '/v1/audit', '/log/checkpoint', '/auth/sign-in'])
      expect([path, await statusOf(path)]).toEqual([path, 404])
  })

  it('do together what one does alone: mirror, session, request, log, revocation', async () => {
    const rob = await signIn(console_.console, 'rob')
    const tenantId = directory.world.tenants[0]?.id as string
    await expect.poll(async () => (await rob.get(`/api/tenants/${tenantId}`)).status, { timeout: 15_000 }).toBe(200)
    const opened = await rob.send('POST', '/api/sessions', { tenant_id: tenantId, reason: 'Looking into a failed export' })
    const { session, token } = (await opened.json()) as { session: { id: string }; token: string }
    const call = () => fetch(`${rest.gateway}/v1/reports`, { headers: { authorization: `Bearer ${token}` } })
    expect((await call()).status).toBe(200)
    const actions = async () => {
      const page = (await (await rob.get(`/api/audit?session_id=${session.id}`)).json()) as { items: LoggedEvent[] }
      return page.items.map(({ action }) => action)
    }
    await expect
      .poll(actions, { timeout: 15_000 })
      .toEqual(['SUPPORT_SESSION.REQUEST.COMPLETED', 'SUPPORT_SESSION.REQUEST.ADMITTED', 'SUPPORT_SESSION.CREATED'])
    expect((await rob.send('POST', `/api/sessions/${session.id}/revocation`, { reason: 'No longer needed' })).status).toBe(200)
    expect(((await (await call()).json()) as { code: string }).code).toBe('session_revoked')
  })
})

describe('roles that cannot be', () => {
  const folder = newDataDir()
  const urls = {
    console: 'http://localhost:1',
    gateway: 'http://localhost:2',
    upstream: 'http://127.0.0.1:3',
    directory: 'http://127.0.0.1:4',
  }
  const file = configFile(folder.path, urls)
  afterAll(() => folder.remove())
  const load = (roles: string, env: Record<string, string>) =>
    loadConfig({ file, roles, defaultDataDir: () => folder.path, environment: env })

  it('are refused: unknown ones, and none', () => {
    expect(() => load('console,api', environment())).toThrow('--roles console,api is not a list of roles.')
    expect(() => load('', environment())).toThrow('--roles  is not a list of roles.')
    expect(load('gateway,worker', environment()).roles).toEqual(['gateway', 'worker'])
  })

  it('are refused over the embedded database, which belongs to one process', () => {
    expect(() => load('worker', {})).toThrow('the embedded database belongs to one process')
    expect(load('console,gateway,worker', {}).roles).toHaveLength(3)
  })

  it('are refused without public addresses, by which the processes know each other', () => {
    const example = new URL('../../examples/acme/countersign.config.yaml', import.meta.url).pathname
    const parted = () => loadConfig({ file: example, roles: 'worker', defaultDataDir: () => folder.path, environment: environment() })
    expect(parted).toThrow('cannot know where the others are')
  })
})
