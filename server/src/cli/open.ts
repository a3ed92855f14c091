import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { requireEventKey } from '../audit/event-key.ts'
import { type Journal, newJournal } from '../audit/record.ts'
import { type Config, loadConfig } from '../config.ts'
import { Trouble } from '../errors.ts'
import { type Keys, loadKeys } from '../keys.ts'
import { trustAuthorities } from '../outbound/authorities.ts'
import { attachDatabase, type Database } from '../store/database.ts'
import { defaultDataDir } from '../store/embedded.ts'
import { findInstance } from '../store/instance.ts'
import { openStore, type Store } from '../store/open.ts'

export type Opened = { config: Config; database: Database; store: Store; keys: Keys; journal: Journal }

const load = (file: string | undefined): Config => loadConfig({ file, defaultDataDir, environment: process.env })

/**
 * The configuration as a command at this terminal sees it. Where a program runs on its data folder: that program's, unless one is named or
 * lies here, and with its addresses, which another terminal may have given it.
 */
export const readConfig = (file: string | undefined): Config => {
  const found = load(file)
  const running = findInstance(found.data_dir)
  const config = running && file === undefined && found.example ? load(running.config) : found
  trustAuthorities(config)
  if (running?.config !== resolve(config.source)) return config
  return {
    ...config,
    console: { ...config.console, public_url: running.console_url },
    gateway: { ...config.gateway, public_url: running.gateway_url },
    directory: { ...config.directory, connector: { ...config.directory.connector, url: running.connector_url } },
  }
}

const whence = (): string => (process.env.COUNTERSIGN_DATA_DIR ? 'COUNTERSIGN_DATA_DIR' : 'the default; COUNTERSIGN_DATA_DIR names another')

/** Says which folder the command works on, where no script reads it. */
export const nameFolder = ({ data_dir }: Config): void => {
  process.stderr.write(`  data folder: ${data_dir} (${whence()})\n`)
}

/** A command makes nothing: where no program was started there is nothing to work on. */
const requireStarted = (path: string, { data_dir }: Config): void => {
  if (existsSync(path)) return
  throw new Trouble(
    `There is no ${path}: Countersign has never been started with the data folder ${data_dir} (${whence()}).`,
    'Set COUNTERSIGN_DATA_DIR to the folder that the program runs with. Only `countersign start` creates one.',
  )
}

/** The program's own keys, where the configuration keeps them. */
export const readKeys = (config: Config): Keys => {
  const folder = config.keys_dir ?? join(config.data_dir, 'keys')
  requireStarted(folder, config)
  return loadKeys(folder)
}

/** The database of the configuration, beside a running instance or without one, closed whatever happens. */
export const withDatabase = async <T>(
  file: string | undefined,
  work: (opened: { config: Config; database: Database }) => Promise<T>,
): Promise<T> => {
  const config = readConfig(file)
  nameFolder(config)
  if (config.database_url === undefined) requireStarted(join(config.data_dir, 'postgres.made'), config)
  const database = await attachDatabase({ config })
  try {
    return await work({ config, database })
  } finally {
    await database.stop()
  }
}

/** The login that erases, for a command that does. */
export const withEraser = async <T>(database: Database, work: (eraser: Store) => Promise<T>): Promise<T> => {
  const eraser = await openStore({ url: database.eraserUrl, as: 'eraser', max: 1, name: 'countersign-eraser', answerMs: 600_000 })
  try {
    return await work(eraser)
  } finally {
    await eraser.close()
  }
}

/**
 * Opens what a command works on. It brings no database up to date: beside an older program that is running, that would be an
 * upgrade nobody asked for. Only `verify` goes on with tables that somebody has changed, and with an event key that is not the one
 * events are marked with: it says so itself.
 */
export const withStore = async <T>(
  file: string | undefined,
  work: (opened: Opened) => Promise<T>,
  { toVerify = false }: { toVerify?: boolean } = {},
): Promise<T> =>
  await withDatabase(file, async ({ config, database }) => {
    const store = await openStore({
      url: database.appUrl,
      as: toVerify ? 'verifier' : 'program',
      max: 4,
      name: 'countersign-cli',
      answerMs: 600_000,
    })
    try {
      const keys = readKeys(config)
      if (!toVerify) await requireEventKey({ store, keys })
      return await work({ config, database, store, keys, journal: newJournal(keys.event) })
    } finally {
      await store.close()
    }
  })
