import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Keys, loadKeys } from '../../server/src/keys.ts'
import { openDatabase } from '../../server/src/store/database.ts'
import { connect, openStore, type Store } from '../../server/src/store/open.ts'

export type BenchDatabase = {
  store: Store
  url: string
  keys: Keys
  dataDir: string
  ownerUrl: string
  asOwner(text: string): Promise<void>
  close(): Promise<void>
}

const silent = { info: () => {}, warn: () => {}, error: () => {} }

/** A fresh PostgreSQL with fsync on, migrated, gone after `close()`. */
export const newBenchDatabase = async (): Promise<BenchDatabase> => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
  chmodSync(folder, 0o711) // the server's user has to pass through
  const dataDir = join(folder, 'data')
  const database = await openDatabase({ config: { data_dir: dataDir }, log: silent, say: () => {} })
  const store = await openStore({ url: database.appUrl, answerMs: 60_000 })
  return {
    store,
    url: database.appUrl,
    keys: loadKeys(join(folder, 'keys')),
    dataDir: folder,
    ownerUrl: database.ownerUrl,
    asOwner: async (text) => {
      const client = await connect(database.ownerUrl, { answerMs: 1_800_000 })
      try {
        await client.query(text)
      } finally {
        await client.end()
      }
    },
    close: async () => {
      await store.close()
      await database.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
