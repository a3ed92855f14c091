import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { runCli } from '../../server/src/cli/index.ts'
import { readConfig } from '../../server/src/cli/open.ts'
import { addressesOf } from '../../server/src/config.ts'
import { forgetInstance, writeInstance } from '../../server/src/store/instance.ts'
import { asSuperuser, newDatabase, type TestDatabase } from '../support/database.ts'
import { startDirectory } from '../support/directory.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-cli-'))
const config = join(folder, 'countersign.config.yaml')
let directory: Awaited<ReturnType<typeof startDirectory>>
let database: TestDatabase
beforeAll(async () => {
  directory = await startDirectory()
  database = await newDatabase()
  writeFileSync(
    config,
    `
gateway:
  upstream: http://127.0.0.1:9
  upstream_audience: api
  routes: [{ method: GET, path: /v1/reports, scope: 'reports:read' }]
  presets: { read_only: ['reports:read'] }
directory:
  connector: { url: 'https://product.example/countersign', audience: production }
`,
  )
  vi.stubEnv('COUNTERSIGN_DATA_DIR', database.dataDir)
  vi.stubEnv('DATABASE_URL', database.ownerUrl)
  vi.stubEnv('DATABASE_APP_URL', database.appUrl)
})
afterEach(() => vi.restoreAllMocks())
afterAll(async () => {
  vi.unstubAllEnvs()
  await directory?.close()
  await database?.close()
  rmSync(folder, { recursive: true, force: true })
})

const run = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
  const said = { out: '', err: '' }
  const listen = (stream: NodeJS.WriteStream, to: 'out' | 'err') =>
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      said[to] += String(text)
      return true
    })
  listen(process.stdout, 'out')
  listen(process.stderr, 'err')
  const start = () => Promise.reject(new Error('not started here'))
  const code = await runCli(['--config', config, ...args], { start })
  vi.restoreAllMocks()
  return { code, ...said }
}

it('assertion check knows the audience of each upstream', async () => {
  const two = join(folder, 'two.yaml')
  const further = `gateway:\n  upstreams: { app: 'http://127.0.0.1:1/app' }\n  upstream_audiences: { app: acme-app }`
  writeFileSync(two, readFileSync(config, 'utf8').replace(/^gateway:$/m, further))
  const check = (url: string) => run('--config', two, 'assertion', 'check', url, '--scope', 'pages:read', '--tenant', 't')
  expect((await check('http://127.0.0.1:1/app/orders')).out).toContain('audience acme-app')
  expect((await check('http://127.0.0.1:9/v1/reports')).out).toContain('audience api')
  expect((await check('http://127.0.0.1:1/apple')).err).toMatch(/not at the configured upstream .*\/app\)/)
})

it('connector check sends another address no token that the configured connector would take', async () => {
  const asked = directory.calls.length
  const { code, err } = await run('connector', 'check', directory.url)
  expect([code, directory.calls.length]).toEqual([1, asked])
  expect(err).toMatch(/is not the configured connector[^\n]*\n\s+Give it an audience of its own: --audience/)
  await run('connector', 'check', directory.url, '--audience', 'trial')
  expect(directory.calls.length).toBeGreaterThan(asked)
})

it('commands leave an older schema as it is and say what to do; migrate brings it up to date', async () => {
  const [newest] = await asSuperuser<{ name: string; sha256: string }>(
    database.superuserUrl,
    'delete from schema_migrations where name = (select max(name) from schema_migrations) returning name, sha256',
  )
  for (const args of [['keys', 'list'], ['staff', 'list'], ['verify']]) {
    const { code, err } = await run(...args)
    expect([args[0], code, err]).toEqual([
      args[0],
      args[0] === 'verify' ? 2 : 1,
      expect.stringMatching(/The database lacks \d{4}_\w+\.\n {2}Run `countersign migrate` first\./),
    ])
  }
  expect(await asSuperuser(database.superuserUrl, `select from schema_migrations where name = '${newest?.name}'`)).toEqual([])
  await asSuperuser(database.superuserUrl, `insert into schema_migrations (name, sha256) values ('${newest?.name}', '${newest?.sha256}')`)
  expect((await run('migrate')).code).toBe(0)
  expect((await run('keys', 'list')).code).toBe(0)
})

it('commands that write refuse an event key that is not the one events are marked with', async () => {
  await asSuperuser(database.superuserUrl, `update log_sequencer set event_key_hash = 'SHA256:other'`)
  const { code, err } = await run('staff', 'list')
  expect([code, err]).toEqual([1, expect.stringContaining('marked with the key SHA256:other')])
})

it('verify tells what is no checkpoint, and what cannot be reached, from a log that was changed', async () => {
  const path = join(folder, 'kept.txt')
  writeFileSync(path, 'a shopping list')
  for (const args of [
    ['verify', folder],
    ['verify', '--checkpoint', path],
    ['verify', 'http://127.0.0.1:1'],
    ['verify', '--no-such-option'],
  ]) {
    const { code, err } = await run(...args)
    expect([args, code]).toEqual([args, 2])
    expect(err).not.toMatch(/ {4}at /)
  }
})

it('commands make no folder, and name the one they looked in', async () => {
  const nowhere = join(folder, 'nowhere')
  vi.stubEnv('COUNTERSIGN_DATA_DIR', nowhere)
  vi.stubEnv('DATABASE_URL', '')
  vi.stubEnv('DATABASE_APP_URL', '')
  for (const args of [['keys', 'list'], ['staff', 'list'], ['verify'], ['migrate'], ['export', join(folder, 'out')]]) {
    const { code, err } = await run(...args)
    expect([args[0], code]).toEqual([args[0], args[0] === 'verify' ? 2 : 1])
    expect(err).toContain(`Countersign has never been started with the data folder ${nowhere} (COUNTERSIGN_DATA_DIR).`)
  }
  const { err } = await run('connector', 'check', directory.url, '--audience', 'trial')
  expect(err).toContain(`Countersign has never been started with the data folder ${nowhere} (COUNTERSIGN_DATA_DIR).`)
  expect(existsSync(nowhere)).toBe(false)
})

it('commands find the addresses of the program that runs on the folder, with this configuration, by themselves', async () => {
  vi.stubEnv('COUNTERSIGN_DATA_DIR', database.dataDir)
  const addresses = {
    console_url: 'http://localhost:14000',
    gateway_url: 'http://localhost:14001',
    connector_url: 'http://127.0.0.1:14002/c',
  }
  writeInstance(database.dataDir, { ...addresses, config })
  expect(addressesOf(readConfig(config))).toEqual({ console_url: addresses.console_url, gateway_url: addresses.gateway_url })
  expect(readConfig(config).directory.connector.url).toBe(addresses.connector_url)
  // Where none is named and none lies here, its configuration too.
  expect(readConfig(undefined).source).toBe(config)
  expect(readConfig(undefined).directory.connector.url).toBe(addresses.connector_url)
  writeInstance(database.dataDir, { ...addresses, config: join(folder, 'another.yaml') })
  expect(addressesOf(readConfig(config)).console_url).toBe('http://localhost:4000')
  forgetInstance(database.dataDir)
  expect(addressesOf(readConfig(config)).console_url).toBe('http://localhost:4000')
})
