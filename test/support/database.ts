import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { inject } from 'vitest'
import { type Journal, newJournal } from '../../server/src/audit/record.ts'
import { type Keys, loadKeys } from '../../server/src/keys.ts'
import { openStore, type Store } from '../../server/src/store/open.ts'
import { withDatabase } from '../../server/src/store/urls.ts'

export type TestDatabase = {
  store: Store
  appUrl: string
  ownerUrl: string
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

/** A migrated database of its own, with keys and a data folder, gone after `close()`. */
export const newDatabase = async ({ max = 10 }: { max?: number } = {}): Promise<TestDatabase> => {
  const { superuserUrl, ownerUrl, appUrl, template, folder } = server()
  const name = newName()
  await asSuperuser(superuserUrl, `create database ${name} template ${template} owner ${pg.escapeIdentifier(new URL(ownerUrl).username)}`)
  const dataDir = mkdtempSync(join(folder, 'keys-'))
  const store = await openStore({ url: withDatabase(appUrl, name), max, name })
  const keys = loadKeys(join(dataDir, 'keys'))
  return {
    store,
    appUrl: withDatabase(appUrl, name),
    ownerUrl: withDatabase(ownerUrl, name),
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
