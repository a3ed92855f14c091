// The program as it really runs: all doors, the sequencer, an embedded PostgreSQL that syncs every commit.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import pino from 'pino'
import type { StaffPrincipal } from '../../server/src/access/principal.ts'
import { newJournal } from '../../server/src/audit/record.ts'
import { type Config, parseConfig } from '../../server/src/config.ts'
import { newId } from '../../server/src/ids.ts'
import { loadKeys } from '../../server/src/keys.ts'
import { pickPort } from '../../server/src/ports.ts'
import { serve } from '../../server/src/serve.ts'
import { insertOpened } from '../../server/src/sessions/open.ts'
import { openDatabase } from '../../server/src/store/database.ts'
import { openStore } from '../../server/src/store/open.ts'
import { transaction } from '../../server/src/store/transaction.ts'
import { serveParent } from './children.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
const log = pino({ level: 'silent' })
const file = parseConfig(
  `
gateway:
  upstream: ${process.argv[2]}
  upstream_audience: bench
  routes:
    - { method: GET, path: /v1/reports, scope: 'reports:read' }
  presets: { read_only: ['reports:read'] }
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
const store = await openStore({ url: database.appUrl, max: 2 })
const keys = loadKeys(join(dataDir, 'keys'))
const server = await serve({ config, databaseUrl: database.appUrl, eraserUrl: database.eraserUrl, keys, log })

const staff = { id: newId('staff'), issuer: 'https://id.example', subject: 'rob', email: 'rob@vendor.example', name: 'Rob Ortiz' }
await sql`insert into tenants (id, name, status, created_at, updated_at) values ('ten_bench', 'Bench', 'active', now(), now())`.execute(
  store.db,
)
await sql`insert into staff (id, issuer, subject, email, name, roles)
  values (${staff.id}, ${staff.issuer}, ${staff.subject}, ${staff.email}, ${staff.name}, array['support_admin'])`.execute(store.db)
const principal: StaffPrincipal = { kind: 'staff', ...staff, roles: ['support_admin'], session_id: newId('staffSession') }
const ctx = { store, journal: newJournal(keys.event), principal, config: { sessions: { idle_minutes: 60, bind_to_address: false } } }
const input = { tenant_id: 'ten_bench', reason: 'Measuring the gateway under load', ttl_minutes: 60, scopes: [] }
const decided = { scopes: ['reports:read'], policy: 'bench', label: 'Bench' }
const { token } = await transaction(store, (tx) => insertOpened(tx, ctx, input, decided))

/** The first line of this file is the server's process id. */
const postmaster = Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])
serveParent({ url: server.gateway_url, token, pid: process.pid, postmaster }, async () => {
  await server.close()
  await store.close()
  await database.stop()
  rmSync(dataDir, { recursive: true, force: true })
})
