import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { inject } from 'vitest'
import { type Journal, newJournal } from '../../server/src/audit/record.ts'
import { type Keys, loadKeys } from '../../server/src/keys.ts'
import { openStore, type Store } from '../../server/src/store/open.ts'
import { withDatabase } from '../../server/src/store/urls.ts'
import { memory } from './memory.ts'

export type TestDatabase = {
  store: Store
  appUrl: string
  ownerUrl: string
  eraserUrl: string
  superuserUrl: string
  keys: Keys
  journal: Journal
  dataDir: string
  close(): Promise<void>
}

/** Runs SQL as the server's superuser, in the database of the address. */
export const asSuperuser = async <T extends pg.QueryResultRow>(url: string, text: string, values: unknown[] = []): Promise<T[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<T>(text, values)).rows
  } finally {
    await client.end()
  }
}

/** The server that this run of the tests uses, and the template that its databases are cloned from. */
export const server = () => inject('postgres')

/** A name that no other database of the server has. */
export const newName = () => `countersign_test_${randomBytes(6).toString('hex')}`

/** Copies a database that nobody is connected to. */
export const copyDatabase = async (from: string, name: string, owner: string): Promise<void> => {
  const { superuserUrl, folder } = server()
  // Copying files takes a fifth of the work, but each of them is written to the disk where there is one.
  const strategy = folder.startsWith(memory) ? 'file_copy' : 'wal_log'
  await asSuperuser(superuserUrl, `create database ${name} template ${from} owner ${pg.escapeIdentifier(owner)} strategy ${strategy}`)
}

/** A migrated database of its own, with keys and a data folder, gone after `close()`. */
export const newDatabase = async ({ max = 10, original }: { max?: number; original?: Original } = {}): Promise<TestDatabase> => {
  const { superuserUrl, ownerUrl, appUrl, eraserUrl, template, folder } = server()
  const name = newName()
  await copyDatabase(original?.name ?? template, name, new URL(ownerUrl).username)
  const dataDir = mkdtempSync(join(folder, 'keys-'))
  if (original) cpSync(original.dataDir, dataDir, { recursive: true })
  const store = await openStore({ url: withDatabase(appUrl, name), max, name })
  const keys = loadKeys(join(dataDir, 'keys'))
  return {
    store,
    appUrl: withDatabase(appUrl, name),
    ownerUrl: withDatabase(ownerUrl, name),
    eraserUrl: withDatabase(eraserUrl, name),
    superuserUrl: withDatabase(superuserUrl, name),
    keys,
    journal: newJournal(keys.event),
    dataDir,
    close: async () => {
      await store.close()
      await asSuperuser(superuserUrl, `drop database if exists ${name} with (force)`)
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/**
 * Something for tests of the whole run that need the same: the first of them makes it, the others wait for that. `make` leaves it at
 * the path that it is given, and all else of it at the name.
 */
export const doOnce = async (
  what: string,
  make: (at: { name: string; path: string }) => Promise<void>,
): Promise<{ name: string; path: string }> => {
  const { superuserUrl, template, folder } = server()
  const at = { name: `${template}_${what}`, path: join(folder, what) }
  const client = new pg.Client({ connectionString: superuserUrl })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock(hashtext($1))', [at.name])
    if (!existsSync(at.path)) await make(at)
    return at
  } finally {
    await client.end()
  }
}

/** A database and its data folder that nobody uses any more, to be copied. */
export type Original = { name: string; dataDir: string }

/** Makes a database once, for tests that copy it. */
export const makeOnce = async (what: string, build: () => Promise<TestDatabase>): Promise<Original> => {
  const { name, path } = await doOnce(what, async ({ name, path }) => {
    const { store, appUrl, dataDir } = await build()
    await store.close()
    await renameDatabase(new URL(appUrl).pathname.slice(1), name)
    renameSync(dataDir, path)
  })
  return { name, dataDir: path }
}

export const renameDatabase = async (from: string, to: string): Promise<void> => {
  await asSuperuser(server().superuserUrl, `alter database ${from} rename to ${to}`)
}
