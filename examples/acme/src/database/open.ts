import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Tables } from './tables.ts'

export type Database = { db: Kysely<Tables>; pool: pg.Pool; close(): Promise<void> }

export function openDatabase(url: string): Database {
  const pool = new pg.Pool({ connectionString: url, max: 10, application_name: 'acme', connectionTimeoutMillis: 10_000 })
  // A connection that dies while idle is replaced by the next query; without a listener it would end the process.
  // The same where it dies in somebody's hands, between two statements: the next one fails and says so.
  pool.on('connect', (client) => void client.on('error', () => {}))
  pool.on('error', (error) => console.error(`acme: an idle database connection was lost: ${error.message}`))
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  return { db, pool, close: () => db.destroy() }
}
