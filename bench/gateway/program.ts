// The program as it really runs: all doors, the sequencer, an embedded PostgreSQL that syncs every commit.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import pino from 'pino'
import { type Config, parseConfig } from '../../server/src/config.ts'
import { loadKeys } from '../../server/src/keys.ts'
import { pickPort } from '../../server/src/ports.ts'
import { serve } from '../../server/src/serve.ts'
import { openDatabase } from '../../server/src/store/database.ts'
import { openStore } from '../../server/src/store/open.ts'

/** Starts it before a product, with one tenant to open a session on. `gateway` is what else stands in that section. */
export const startProgram = async (upstream: string, gateway: string) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
  const log = pino({ level: 'silent' })
  const file = parseConfig(
    `
gateway:
  upstream: ${upstream}
  upstream_audience: bench
${gateway}
directory:
  connector: { url: '${upstream}/directory', audience: bench }
  sync_seconds: 86400
`,
    'bench',
  )
  file.console.port = await pickPort('127.0.0.1', 0)
  file.gateway.port = await pickPort('127.0.0.1', 0)
  const config: Config = { ...file, source: 'bench', example: false, example_port: 0, data_dir: dataDir }
  const database = await openDatabase({ config, log, say: () => {} })
  const store = await openStore({ url: database.appUrl, max: 2 })
  const keys = loadKeys(join(dataDir, 'keys'))
  const server = await serve({ config, databaseUrl: database.appUrl, eraserUrl: database.eraserUrl, keys, log })
  await sql`insert into tenants (id, name, status, created_at, updated_at) values ('ten_bench', 'Bench', 'active', now(), now())`.execute(
    store.db,
  )
  return {
    server,
    store,
    keys,
    /** The first line of this file is the process id of the database server. */
    postmaster: Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]),
    close: async (): Promise<void> => {
      await server.close()
      await store.close()
      await database.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
