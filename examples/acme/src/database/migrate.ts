import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { getMigrations } from 'better-auth/db/migration'
import type pg from 'pg'
import { authOptions } from '../auth/open.ts'
import type { Database } from './open.ts'

/** better-auth's tables by its own migration, then the product's. Runs while `guard` holds the set-up lock. */
export async function migrate(database: Database, guard: pg.PoolClient): Promise<void> {
  const plan = await getMigrations(authOptions(database, randomBytes(32).toString('hex'), 'http://localhost'))
  await plan.runMigrations()

  await guard.query('CREATE TABLE IF NOT EXISTS product_versions (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())')
  const done = await guard.query('SELECT 1 FROM product_versions WHERE version = 1')
  if (done.rowCount) return
  const product = await readFile(new URL('product.sql', import.meta.url), 'utf8')
  await guard.query('BEGIN')
  try {
    await guard.query(product)
    await guard.query('INSERT INTO product_versions (version) VALUES (1)')
    await guard.query('COMMIT')
  } catch (error) {
    await guard.query('ROLLBACK')
    throw error
  }
}

/** One instance at a time sets a database up; the others wait here and then find it done. */
export async function withSetupLock<T>(database: Database, work: (guard: pg.PoolClient) => Promise<T>): Promise<T> {
  const guard = await database.pool.connect()
  try {
    await guard.query(`SELECT pg_advisory_lock(hashtextextended('acme.setup', 0))`)
    return await work(guard)
  } finally {
    await guard.query(`SELECT pg_advisory_unlock(hashtextextended('acme.setup', 0))`).catch(() => undefined)
    guard.release()
  }
}

/** A secret of this database alone, made once. */
export async function getSetting(guard: pg.PoolClient, name: string, make: () => string): Promise<string> {
  await guard.query('INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING', [name, make()])
  const found = await guard.query<{ value: string }>('SELECT value FROM settings WHERE name = $1', [name])
  const value = found.rows[0]?.value
  if (value === undefined) throw new Error(`setting ${name} could not be kept`)
  return value
}
