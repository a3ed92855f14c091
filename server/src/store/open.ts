import { Kysely, PostgresDialect } from 'kysely'
import type pg from 'pg'
import { Trouble } from '../errors.ts'
import { checkRole, checkSchema, checkServer } from './check.ts'
import { checkErasers } from './check-eraser.ts'
import { answerMs, CheckedClient, CheckedPool } from './client.ts'
import { findChanges, tellChanges } from './log-shape.ts'
import { eraserRole } from './roles.ts'
import type { Tables } from './tables.ts'
import { unreachable } from './urls.ts'

export type Store = {
  db: Kysely<Tables>
  pool: pg.Pool
  close(): Promise<void>
}

/** One connection of its own, checked like those of a pool. A database that cannot be reached is a Trouble. */
export const connect = async (url: string, settings: { name?: string; answerMs?: number } = {}): Promise<pg.Client> => {
  const client = new CheckedClient({
    connectionString: url,
    application_name: settings.name ?? 'countersign',
    connectionTimeoutMillis: 5_000,
    answerMs: settings.answerMs ?? 30_000,
  })
  try {
    await client.connect()
    return client
  } catch (error) {
    throw unreachable(url, error)
  }
}

/** Refuses to work on tables of the log that somebody has changed. */
const requireShape = async (client: pg.Client): Promise<void> => {
  const change = tellChanges(await findChanges(client))
  if (change === undefined) return
  throw new Trouble(
    change,
    'Find out who changed it, and undo it: log-shape.txt beside the migrations says how it was. `countersign verify` names all of it.',
  )
}

const checkProgram = async (client: pg.Client): Promise<void> => {
  await checkRole(client)
  await checkErasers(client, [eraserRole])
}

/**
 * Who a store is for: the program; what erases, which may do nothing else; or what verifies, and names itself what was changed.
 * Each is held to what its role may do.
 */
const checkFor = {
  program: async (client: pg.Client): Promise<void> => {
    await checkProgram(client)
    await requireShape(client)
  },
  eraser: async (client: pg.Client): Promise<void> => {
    const { rows } = await client.query<{ names: string[] }>('select array[current_user, session_user]::text[] as names')
    await checkErasers(client, [...new Set(rows[0]?.names)])
    await requireShape(client)
  },
  verifier: checkProgram,
}

/**
 * Opens the store as the role that runs the program, or that erases, after it has made sure that server, schema and role are
 * fit for it. `answerMs` is for work in the background that may take longer than a person waits.
 */
export const openStore = async (settings: {
  url: string
  as?: keyof typeof checkFor
  max?: number
  name?: string
  answerMs?: number
}): Promise<Store> => {
  const { url, as = 'program', max = 10, name = 'countersign' } = settings
  const client = await connect(url, { name })
  try {
    await checkServer(client)
    await checkSchema(client)
    await checkFor[as](client)
  } finally {
    await client.end()
  }
  const pool = new CheckedPool({
    connectionString: url,
    max,
    application_name: name,
    answerMs: settings.answerMs ?? answerMs,
    statement_timeout: settings.answerMs ?? answerMs,
    idle_in_transaction_session_timeout: 30_000,
  })
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  // Not by way of Kysely, which ends only a pool that it has used itself: the other's connections would idle for ten seconds.
  const close = async (): Promise<void> => {
    if (!pool.ending) await pool.end()
  }
  return { db, pool, close }
}
