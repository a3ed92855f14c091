// The program as it really runs, with its door for browsers, and a tenant to open a session on.
import { mkdtempSync, rmSync } from 'node:fs'
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
import { serveParent } from '../gateway/children.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
const log = pino({ level: 'silent' })
const file = parseConfig(
  `
gateway:
  upstream: ${process.argv[2]}
  upstream_audience: bench
  routes:
    - { method: GET, path: /page, scope: 'pages:read' }
  assets: ['/assets/**']
  presets: { read_only: ['pages:read'] }
directory:
  connector: { url: '${process.argv[2]}/directory', audience: bench }
  sync_seconds: 86400
`,
  'bench',
)
file.console.port = await pickPort('127.0.0.1', 0)
file.gateway.port = await pickPort('127.0.0.1', 0)
const config: Config = { ...file, source: 'bench', example: false, example_port: 0, data_dir: dataDir }
const database = await openDatabase({ config, log, say: () => {} })
const store = await openStore({ url: database.appUrl, max: 1 })
const server = await serve({
  config,
  databaseUrl: database.appUrl,
  eraserUrl: database.eraserUrl,
  keys: loadKeys(join(dataDir, 'keys')),
  log,
})
await sql`insert into tenants (id, name, status, created_at, updated_at) values ('ten_bench', 'Bench', 'active', now(), now())`.execute(
  store.db,
)
serveParent({ console: server.console_url }, async () => {
  await server.close()
  await store.close()
  await database.stop()
  rmSync(dataDir, { recursive: true, force: true })
})
