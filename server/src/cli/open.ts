import { join } from 'node:path'
import { type Config, loadConfig } from '../config.ts'
import { type Keys, loadKeys } from '../keys.ts'
import { attachDatabase, type Database } from '../store/database.ts'
import { defaultDataDir } from '../store/embedded.ts'
import { migrate } from '../store/migrate.ts'
import { openStore, type Store } from '../store/open.ts'

export type Opened = { config: Config; store: Store; keys: Keys; database: Database }

/** The configuration as a command at this terminal sees it. */
export const readConfig = (file: string | undefined): Config => loadConfig({ file, defaultDataDir, environment: process.env })

/** The program's own keys, where the configuration keeps them. */
export const readKeys = (config: Config): Keys => loadKeys(config.keys_dir ?? join(config.data_dir, 'keys'))

/** Opens what a command works on, beside a running instance or without one, and closes it whatever happens. */
export const withStore = async <T>(file: string | undefined, work: (opened: Opened) => Promise<T>): Promise<T> => {
  const config = readConfig(file)
  const database = await attachDatabase({ config })
  try {
    await migrate({ url: database.ownerUrl, appUrl: database.loginUrl })
    const store = await openStore({ url: database.appUrl, max: 4, name: 'countersign-cli', answerMs: 600_000 })
    try {
      return await work({ config, store, keys: readKeys(config), database })
    } finally {
      await store.close()
    }
  } finally {
    await database.stop()
  }
}
