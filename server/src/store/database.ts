import type { Config } from '../config.ts'
import { attachEmbedded, type Embedded, ensureDatabase, startEmbedded } from './embedded.ts'
import { appUrlOf, eraserUrlOf, migrate } from './migrate.ts'
import { ensureSibling } from './sibling.ts'
import { describeUrl } from './urls.ts'

type Log = { info(text: string): void; warn(text: string): void; error(text: string): void }
type Where = Pick<Config, 'data_dir' | 'database_url' | 'database_app_url' | 'database_eraser_url'>

export type Database = {
  ownerUrl: string
  appUrl: string
  eraserUrl: string
  /** The logins of the program and of what erases, where they are not the owner's own. */
  logins: { appUrl: string | undefined; eraserUrl: string | undefined }
  /** Where it is, for people. */
  description: string
  /** Another database on the same server, for the example product: its owner's address. */
  ensureDatabase(name: string): Promise<string>
  stop(): Promise<void>
}

const ofEmbedded = (embedded: Embedded): Database => ({
  ownerUrl: embedded.ownerUrl,
  appUrl: embedded.appUrl,
  eraserUrl: embedded.eraserUrl,
  logins: embedded,
  description: `PostgreSQL ${embedded.version}, embedded`,
  ensureDatabase: (name) => ensureDatabase(embedded.superuserUrl, name, name),
  stop: () => embedded.stop(),
})

const ofUrl = (url: string, { database_app_url, database_eraser_url }: Where): Database => ({
  ownerUrl: url,
  appUrl: appUrlOf(url, database_app_url),
  eraserUrl: eraserUrlOf(url, database_eraser_url),
  logins: { appUrl: database_app_url, eraserUrl: database_eraser_url },
  description: describeUrl(url),
  ensureDatabase: (name) => ensureSibling(url, name),
  stop: async () => {},
})

/** The database that the configuration names, or the embedded one, brought up to this version. */
export const openDatabase = async (options: { config: Where; log: Log; say: (line: string) => void }): Promise<Database> => {
  const { config, log, say } = options
  const url = config.database_url
  const database =
    url === undefined ? ofEmbedded(await startEmbedded({ dataDir: config.data_dir, log, onProgress: say })) : ofUrl(url, config)
  try {
    await migrate({ ...database.logins, url: database.ownerUrl })
    return database
  } catch (error) {
    await database.stop()
    throw error
  }
}

/** The same for one command: beside a running instance, or on a server that runs as long as the command does. */
export const attachDatabase = async (options: { config: Where }): Promise<Database> => {
  const url = options.config.database_url
  return url === undefined ? ofEmbedded(await attachEmbedded({ dataDir: options.config.data_dir })) : ofUrl(url, options.config)
}
