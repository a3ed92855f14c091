// The program with a session that runs.
import { sql } from 'kysely'
import type { StaffPrincipal } from '../../server/src/access/principal.ts'
import { newJournal } from '../../server/src/audit/record.ts'
import { newId } from '../../server/src/ids.ts'
import { insertOpened } from '../../server/src/sessions/open.ts'
import { transaction } from '../../server/src/store/transaction.ts'
import { serveParent } from './children.ts'
import { startProgram } from './program.ts'

const { server, store, keys, postmaster, close } = await startProgram(
  process.argv[2] as string,
  `
  routes:
    - { method: GET, path: /v1/reports, scope: 'reports:read' }
  presets: { read_only: ['reports:read'] }`,
)
const staff = { id: newId('staff'), issuer: 'https://id.example', subject: 'rob', email: 'rob@vendor.example', name: 'Rob Ortiz' }
await sql`insert into staff (id, issuer, subject, email, name, roles)
  values (${staff.id}, ${staff.issuer}, ${staff.subject}, ${staff.email}, ${staff.name}, array['support_admin'])`.execute(store.db)
const principal: StaffPrincipal = { kind: 'staff', ...staff, roles: ['support_admin'], session_id: newId('staffSession') }
const ctx = { store, journal: newJournal(keys.event), principal, config: { sessions: { idle_minutes: 60, bind_to_address: false } } }
const input = { tenant_id: 'ten_bench', reason: 'Measuring the gateway under load', ttl_minutes: 60, scopes: [] }
const decided = { scopes: ['reports:read'], policy: 'bench', label: 'Bench' }
const { token } = await transaction(store, (tx) => insertOpened(tx, ctx, input, decided))
serveParent({ url: server.gateway_url, token, pid: process.pid, postmaster }, close)
