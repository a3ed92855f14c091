import { createHash } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrate, withSetupLock } from '../../examples/acme/src/database/migrate.ts'
import { openDatabase } from '../../examples/acme/src/database/open.ts'
import { seed } from '../../examples/acme/src/seed/run.ts'
import { newSignerKey, Signer } from '../../examples/acme/src/signer.ts'
import { newAcmeDatabase } from './rig.ts'

const tables = [
  'organization',
  'user',
  'member',
  'account',
  'session',
  'passkey',
  'twoFactor',
  'sign_in_methods',
  'attestations',
  'billing_settings',
  'invoices',
  'exports',
  'notifications',
  'activity',
  'storage_incidents',
]
/** What is random on purpose, or the database's own. */
const secrets = ['password', 'secret', 'backupCodes', 'token', 'signature', 'updatedAt']

type World = { url: string; drop(): Promise<void> }

async function newWorld(now: Date): Promise<World> {
  const { url, drop } = await newAcmeDatabase()
  const database = openDatabase(url)
  await withSetupLock(database, async (guard) => {
    await migrate(database, guard)
    await seed(guard, { secret: createHash('sha256').update(url).digest('hex'), signer: new Signer(newSignerKey()), now })
  })
  await database.close()
  return { url, drop }
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const hashes = (url: string) =>
  withClient(url, async (client) => {
    const found: Record<string, string> = {}
    for (const table of tables) {
      const { rows } = await client.query<{ hash: string }>(
        `SELECT md5(string_agg(row::text, '' ORDER BY row::text)) AS hash
         FROM (SELECT to_jsonb(t) - $1::text[] AS row FROM "${table}" t) rows`,
        [secrets],
      )
      found[table] = rows[0]?.hash ?? ''
    }
    return found
  })

const now = new Date('2026-11-20T12:00:00Z')
let first: World
let second: World

beforeAll(async () => {
  first = await newWorld(now)
  second = await newWorld(now)
}, 120_000)

afterAll(async () => {
  await first?.drop()
  await second?.drop()
})

it('gives the same rows each time', async () => {
  const expected = await hashes(first.url)
  expect(Object.keys(expected)).toHaveLength(tables.length)
  expect(Object.values(expected).every((hash) => /^[0-9a-f]{32}$/.test(hash))).toBe(true)
  expect(await hashes(second.url)).toEqual(expected)
})

it('makes secrets anew each time', async () => {
  const read = (world: World) =>
    withClient(world.url, async (client) => {
      const { rows } = await client.query<{ secret: string }>(
        `SELECT token AS secret FROM session UNION ALL SELECT password FROM account UNION ALL SELECT secret FROM "twoFactor"`,
      )
      return new Set(rows.map((row) => row.secret))
    })
  const [one, other] = [await read(first), await read(second)]
  expect(one.size).toBeGreaterThan(1000)
  expect([...one].filter((secret) => other.has(secret))).toEqual([])
})

it('is done once', async () => {
  const before = await hashes(first.url)
  const database = openDatabase(first.url)
  await withSetupLock(database, async (guard) => {
    await migrate(database, guard)
    await seed(guard, { secret: 'x'.repeat(32), signer: new Signer(newSignerKey()), now: new Date() })
  })
  await database.close()
  expect(await hashes(first.url)).toEqual(before)
})

it('holds sixty tenants, three thousand people, and names in many scripts', async () => {
  await withClient(first.url, async (client) => {
    const one = async (text: string) => Number((await client.query<{ n: string }>(text)).rows[0]?.n)
    expect(await one('SELECT count(*) AS n FROM organization')).toBe(60)
    expect(await one('SELECT count(DISTINCT status) AS n FROM organization')).toBe(6)
    expect(await one('SELECT count(*) AS n FROM "user"')).toBe(3000)
    const { rows } = await client.query<{ name: string }>('SELECT name FROM "user"')
    const names = rows.map((row) => row.name)
    for (const script of [
      'Latin',
      'Cyrillic',
      'Greek',
      'Arabic',
      'Hebrew',
      'Devanagari',
      'Thai',
      'Han',
      'Hiragana',
      'Hangul',
      'Ethiopic',
    ]) {
      expect(names.filter((name) => new RegExp(`\\p{Script=${script}}`, 'u').test(name)).length, script).toBeGreaterThan(10)
    }
    for (const hostile of [/<img/, /\u202e/, /^=cmd/, /\u200b/, /^.{200}$/]) {
      expect(names.filter((name) => hostile.test(name)).length, String(hostile)).toBeGreaterThan(0)
    }
    expect(names.some((name) => name.includes('\u001b['))).toBe(true)
    expect(await one(`SELECT count(*) AS n FROM session WHERE "lastSeenAt" > '2026-11-20T12:00:00Z' OR "createdAt" > "lastSeenAt"`)).toBe(0)
    expect(await one(`SELECT count(*) AS n FROM session WHERE "lastSeenAt" < '2026-11-13T12:00:00Z'`)).toBeGreaterThan(200)
  })
})
