import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { requireRoom } from '../../server/src/store/embedded/place.ts'
import { attachEmbedded, defaultDataDir, ensureDatabase, startEmbedded } from '../../server/src/store/embedded.ts'
import { asSuperuser } from '../support/database.ts'
import { newFolder, startElsewhere } from '../support/embedded.ts'
import { until } from '../support/until.ts'

let dataDir: string
let remove: () => void
const cleanUp: (() => Promise<unknown>)[] = []

// Made once; most tests start from a copy.
const made = newFolder()
const original = join(made.path, 'data')
beforeAll(async () => {
  const { said, end } = await startElsewhere(original)
  expect(said.trouble).toBeUndefined()
  await end()
})
afterAll(made.remove)

beforeEach(() => {
  const { path: folder, remove: removeFolder } = newFolder()
  dataDir = join(folder, 'data')
  remove = removeFolder
  execFileSync('cp', ['-a', original, dataDir])
})
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo()
  remove()
})

const start = async () => {
  const server = await startEmbedded({ dataDir })
  cleanUp.push(server.stop)
  return server
}

const startOther = async (options: Parameters<typeof startElsewhere>[1] = {}) => {
  const other = await startElsewhere(dataDir, options)
  cleanUp.push(other.end)
  return other
}

const postmasterOf = (folder = dataDir) => Number(readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])

/** One that ended but was not reaped yet has no command line any more. */
const isGone = (pid: number) => {
  try {
    process.kill(pid, 0)
    return process.platform === 'linux' && readFileSync(`/proc/${pid}/cmdline`, 'utf8') === ''
  } catch {
    return true
  }
}

it('DB-11 a disk that is full is named at once', () => {
  const { path, remove } = newFolder()
  expect(() => requireRoom(path)).not.toThrow()
  expect(() => requireRoom(path, Number.MAX_SAFE_INTEGER)).toThrow(`The disk under ${path} is full: `)
  remove()
})

describe('a server of its own', () => {
  it('F3 keeps what it acknowledges: fsync, full pages and data checksums are on', async () => {
    const { superuserUrl } = await start()
    const [settings] = await asSuperuser(
      superuserUrl,
      `select current_setting('fsync') as fsync, current_setting('full_page_writes') as pages,
         current_setting('synchronous_commit') as commit, current_setting('data_checksums') as checksums,
         current_setting('listen_addresses') as addresses, current_setting('password_encryption') as passwords,
         current_setting('server_encoding') as encoding`,
    )
    expect(settings).toEqual({
      fsync: 'on',
      pages: 'on',
      commit: 'on',
      checksums: 'on',
      addresses: process.platform === 'win32' ? '127.0.0.1' : '',
      passwords: 'scram-sha-256',
      encoding: 'UTF8',
    })
  })

  it('has a password of its own in a file for its owner alone, and refuses any other', async () => {
    const { appUrl } = await start()
    expect(statSync(join(dataDir, 'postgres.secret')).mode & 0o777).toBe(0o600)
    const wrong = new URL(appUrl)
    wrong.password = 'guess'
    await expect(new pg.Client({ connectionString: wrong.href }).connect()).rejects.toMatchObject({ code: '28P01' })
    const none = new pg.Client({ connectionString: wrong.href.replace(':guess', '') })
    await expect(none.connect()).rejects.toThrow(/password/)
  })

  it('knows letters beyond ASCII in trigrams and in lower()', async () => {
    const { superuserUrl } = await start()
    await asSuperuser(superuserUrl, 'create extension pg_trgm')
    const [row] = await asSuperuser<{ likeness: number; lower: string }>(
      superuserUrl,
      `select similarity('Дмитрий', 'Дмитрии') as likeness, lower('ÅSA ДМИТРИЙ') as lower`,
    )
    expect(row?.lower).toBe('åsa дмитрий')
    expect(row?.likeness).toBeGreaterThan(0.4)
  })

  it('gives the example a database that Countersign cannot enter, and the other way round', async () => {
    const { superuserUrl, appUrl } = await start()
    const exampleUrl = await ensureDatabase(superuserUrl, 'example', 'example')
    expect(await ensureDatabase(superuserUrl, 'example', 'example')).toBe(exampleUrl)
    expect(await asSuperuser(exampleUrl, 'select current_user as name')).toEqual([{ name: 'example' }])
    const enter = (url: string, database: string) => {
      const other = new URL(url)
      other.pathname = `/${database}`
      return new pg.Client({ connectionString: other.href }).connect()
    }
    await expect(enter(exampleUrl, 'countersign')).rejects.toMatchObject({ code: '42501' })
    await expect(enter(appUrl, 'example')).rejects.toMatchObject({ code: '42501' })
  })

  it('stops with the one who started it, and keeps its data', async () => {
    const first = await start()
    await asSuperuser(first.superuserUrl, 'create table kept as select 1 as n')
    const pid = postmasterOf()
    await first.stop()
    expect(isGone(pid)).toBe(true)
    const second = await start()
    expect(second).toMatchObject({ adopted: false, appUrl: first.appUrl })
    expect(await asSuperuser(second.superuserUrl, 'select n from kept')).toEqual([{ n: 1 }])
  })

  it('puts its socket into a private folder elsewhere where the path would be too long, and removes it', async () => {
    const long = join(dataDir, 'd'.repeat(100))
    const server = await startElsewhere(long)
    const folder = new URL(server.said.appUrl).searchParams.get('host') as string
    expect(folder.startsWith(join(tmpdir(), 'countersign-run-'))).toBe(true)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(await asSuperuser(server.said.appUrl, 'select 1 as alive')).toEqual([{ alive: 1 }])
    await server.end()
    expect(existsSync(folder)).toBe(false)
  })

  it('listens on loopback alone where no path for a socket is short enough', async () => {
    const long = join(dataDir, 'd'.repeat(100))
    mkdirSync(long, { recursive: true })
    const server = await startElsewhere(long, { env: { TMPDIR: long } })
    expect(server.said.appUrl).toMatch(/@127\.0\.0\.1:\d+\/countersign$/)
    expect(await asSuperuser(server.said.superuserUrl, `select current_setting('listen_addresses') as at`)).toEqual([{ at: '127.0.0.1' }])
    await server.end()
  })
})

describe('one instance for each folder', () => {
  it('F2 DB-12 refuses a folder that another instance uses, and names it', async () => {
    const { said, child } = await startOther()
    expect(said.trouble).toBeUndefined()
    await expect(startEmbedded({ dataDir })).rejects.toMatchObject({
      name: 'Trouble',
      message: `The data folder ${dataDir} is in use by another running instance (pid ${child.pid}).`,
    })
    expect(await asSuperuser(said.superuserUrl, 'select 1 as alive')).toEqual([{ alive: 1 }])
  })

  it('F2 DB-12 lets exactly one of several racing starters win', async () => {
    rmSync(dataDir, { recursive: true })
    const racers = await Promise.all([1, 2, 3, 4].map(() => startOther()))
    const winners = racers.filter(({ said }) => said.trouble === undefined)
    expect(winners).toHaveLength(1)
    for (const { said } of racers.filter((racer) => racer !== winners[0])) {
      expect(said.trouble).toContain(`The data folder ${dataDir} is in use by another running instance`)
    }
  })

  it('F2 DB-12 refuses also while the instance runs on a server that it adopted', async () => {
    await (await startOther()).kill()
    const { said } = await startOther()
    expect(said.adopted).toBe(true)
    await expect(startEmbedded({ dataDir })).rejects.toThrow(/is in use by another running instance/)
  })

  it('a command beside a running instance uses its server and leaves it running', async () => {
    const { said } = await startOther()
    const attached = await attachEmbedded({ dataDir })
    expect(attached).toMatchObject({ appUrl: said.appUrl, ownerUrl: said.ownerUrl, adopted: true })
    await attached.stop()
    expect(await asSuperuser(said.superuserUrl, 'select 1 as alive')).toEqual([{ alive: 1 }])
  })

  it('a command alone starts the server for as long as it takes', async () => {
    const attached = await attachEmbedded({ dataDir })
    const pid = postmasterOf()
    expect(await asSuperuser(attached.superuserUrl, 'select 1 as alive')).toEqual([{ alive: 1 }])
    await attached.stop()
    expect(isGone(pid)).toBe(true)
  })
})

describe('after kill -9', () => {
  it('of the program: its server is adopted, with all that was acknowledged', async () => {
    const first = await startOther()
    await asSuperuser(first.said.superuserUrl, 'create table kept as select generate_series(1, 100) as n')
    await first.kill()
    expect(isGone(first.said.postmaster)).toBe(false)
    const second = await start()
    expect(second).toMatchObject({ adopted: true, appUrl: first.said.appUrl })
    expect(postmasterOf()).toBe(first.said.postmaster)
    expect(await asSuperuser(second.superuserUrl, 'select count(*)::int as n from kept')).toEqual([{ n: 100 }])
    await second.stop()
    expect(isGone(first.said.postmaster)).toBe(true)
  })

  it('of program and server: it waits for what is left of them and loses no acknowledged row', async () => {
    const first = await startOther()
    const client = new pg.Client({ connectionString: first.said.superuserUrl })
    client.on('error', () => {})
    await client.connect()
    await client.query('create table kept (n int primary key)')
    const acknowledged: number[] = []
    const writing = (async () => {
      for (let n = 0; ; n++) {
        await client.query('insert into kept values ($1)', [n])
        acknowledged.push(n)
      }
    })().catch(() => {})
    await until(() => acknowledged.length > 200)
    process.kill(first.said.postmaster, 'SIGKILL')
    await Promise.all([first.kill(), writing])
    const { superuserUrl, adopted } = await start()
    expect(adopted).toBe(false)
    const kept = new Set((await asSuperuser<{ n: number }>(superuserUrl, 'select n from kept')).map(({ n }) => n))
    expect(acknowledged.filter((n) => !kept.has(n))).toEqual([])
  })

  it('of the server alone: it comes back at the same address while the program lives', async () => {
    const { superuserUrl } = await start()
    await asSuperuser(superuserUrl, 'create table kept as select 1 as n')
    const killed = postmasterOf()
    process.kill(killed, 'SIGKILL')
    await until(() => existsSync(join(dataDir, 'postgres', 'postmaster.pid')) && postmasterOf() !== killed)
    const row = await until(() => asSuperuser(superuserUrl, 'select n from kept').catch(() => undefined))
    expect(row).toEqual([{ n: 1 }])
  })

  it('a pid file whose number another process has by now does not hold it up', async () => {
    const other = spawn('sleep', ['60'], { uid: statSync(join(dataDir, 'postgres')).uid, stdio: 'ignore' })
    cleanUp.push(async () => other.kill())
    writeFileSync(join(dataDir, 'postgres', 'postmaster.pid'), `${other.pid}\n${join(dataDir, 'postgres')}\n1\n5432\n\n\n\nready\n`)
    expect(await start()).toMatchObject({ adopted: false })
  })
})

describe('DB-13 nothing is ever reset', () => {
  it.each([
    ['a broken control file', (cluster: string) => writeFileSync(join(cluster, 'global', 'pg_control'), Buffer.alloc(8192, 7))],
    [
      'missing WAL',
      (cluster: string) => {
        for (const file of readdirSync(join(cluster, 'pg_wal'))) if (/^[0-9A-F]{24}$/.test(file)) rmSync(join(cluster, 'pg_wal', file))
      },
    ],
    ['a missing version file', (cluster: string) => rmSync(join(cluster, 'PG_VERSION'))],
    ['a missing catalogue', (cluster: string) => rmSync(join(cluster, 'global'), { recursive: true })],
  ])('DB-13 refuses %s, says what to do and touches nothing', async (_, harm) => {
    const cluster = join(dataDir, 'postgres')
    harm(cluster)
    const before = readdirSync(cluster).sort()
    await expect(startEmbedded({ dataDir })).rejects.toMatchObject({
      name: 'Trouble',
      message: expect.stringContaining(`The database in ${cluster} is damaged: `),
      hint: expect.stringContaining('Nothing was changed or reset.'),
    })
    expect(
      readdirSync(cluster)
        .filter((name) => name !== 'postmaster.pid')
        .sort(),
    ).toEqual(before)
  })

  it('DB-13 refuses a page whose checksum is wrong when it is read', async () => {
    const first = await start()
    await asSuperuser(first.superuserUrl, 'create table kept as select generate_series(1, 1000) as n')
    const [found] = await asSuperuser<{ path: string }>(first.superuserUrl, `select pg_relation_filepath('kept') as path`)
    await first.stop()
    const file = join(dataDir, 'postgres', (found as { path: string }).path)
    const bytes = readFileSync(file)
    bytes[4000] = (bytes[4000] as number) ^ 0xff
    writeFileSync(file, bytes)
    const second = await start()
    await expect(asSuperuser(second.superuserUrl, 'select count(*) from kept')).rejects.toMatchObject({ code: 'XX001' })
  })

  it('DB-13 does not make a new database where there was one', async () => {
    rmSync(join(dataDir, 'postgres'), { recursive: true })
    await expect(startEmbedded({ dataDir })).rejects.toMatchObject({
      message: `The database of ${dataDir} is gone: ${join(dataDir, 'postgres')} no longer exists.`,
    })
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false)
  })

  it('refuses a database whose password is missing', async () => {
    rmSync(join(dataDir, 'postgres.secret'))
    await expect(startEmbedded({ dataDir })).rejects.toThrow(/The password of the database, .*postgres\.secret, is missing/)
  })

  it('refuses the database of another version', async () => {
    writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '17\n')
    await expect(startEmbedded({ dataDir })).rejects.toThrow(/was made by PostgreSQL 17; this program brings 18/)
  })
})

it('keeps its data per user, and never in the repository', () => {
  expect(defaultDataDir()).toMatch(/^\/var\/lib\/countersign\/data$|\/countersign\/data$|Countersign/)
  expect(defaultDataDir().startsWith(process.cwd())).toBe(false)
})
