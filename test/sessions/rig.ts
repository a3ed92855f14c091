import type { Event } from '@countersign/contract/events.ts'
import type { Role } from '@countersign/contract/staff.ts'
import { sql } from 'kysely'
import type { StaffPrincipal } from '../../server/src/access/principal.ts'
import { openSession } from '../../server/src/actions/open-session.ts'
import { parseConfig } from '../../server/src/config.ts'
import type { UserDetail } from '../../server/src/directory/connector.ts'
import { Refusal } from '../../server/src/errors.ts'
import { newDatabase, type TestDatabase } from '../support/database.ts'
import { readEvents } from '../support/events.ts'
import { judgeNeeds, type Opened, requireOpened } from '../support/judge.ts'
import { insertStaff } from '../support/staff.ts'

const config = parseConfig(
  `
gateway:
  upstream: http://127.0.0.1:9
  upstream_audience: test
  routes:
    - { method: GET, path: /v1/attestations, scope: 'attestations:read' }
    - { method: GET, path: /v1/billing, scope: 'billing:read' }
    - { method: PUT, path: /v1/billing, scope: 'billing:write', does: change how a tenant is billed }
  presets: { read_only: ['attestations:read', 'billing:read'] }
directory:
  connector: { url: 'http://127.0.0.1:9', audience: test }
`,
  'test',
)

export type SessionRig = {
  database: TestDatabase
  needs: Omit<Parameters<typeof openSession>[0], 'principal'> & { onRevoked(id: string): void }
  /** Sessions that the doors were told of. */
  told: string[]
  staff: StaffPrincipal
  newStaff(roles: Role[]): Promise<StaffPrincipal>
  open(input?: Record<string, unknown>, by?: StaffPrincipal): Promise<Opened>
  events(filter?: (event: Event) => boolean): Promise<Event[]>
  close(): Promise<void>
}

/** A database with two tenants, one deleted tenant, and a directory that knows one user of each. */
export const startSessionRig = async (): Promise<SessionRig> => {
  const database = await newDatabase()
  const { db } = database.store
  for (const id of ['ten_a', 'ten_b', 'ten_gone'])
    await sql`insert into tenants (id, name, status, created_at, updated_at, deleted_at)
      values (${id}, ${`Tenant ${id}`}, 'active', now(), now(), ${id === 'ten_gone' ? new Date() : null})`.execute(db)
  const newStaff = (roles: Role[]) => insertStaff(db, roles)
  const staff = await newStaff(['support_admin'])
  const told: string[] = []
  const users: Record<string, string> = { usr_a: 'ten_a', usr_b: 'ten_b' }
  const findUser = async (id: string): Promise<UserDetail | undefined> => {
    if (id === 'usr_down') throw new Refusal('directory_unavailable')
    const tenant_id = users[id]
    if (tenant_id === undefined) return undefined
    const user = {
      id,
      tenant_id,
      email: `${id}@t.example`,
      name: id,
      role: null,
      status: 'active' as const,
      created_at: new Date(0).toISOString(),
      last_seen_at: null,
    }
    const nothing = { items: [], unreadable: [] }
    return { user, account: nothing, factors: nothing, sessions: nothing }
  }
  const needs = {
    store: database.store,
    journal: database.journal,
    ...judgeNeeds(config, { findUser }),
    onRevoked: (id: string) => void told.push(id),
  }
  return {
    database,
    needs,
    told,
    staff,
    newStaff,
    open: async (input = {}, by = staff) =>
      requireOpened(
        await openSession({ ...needs, principal: by }, { tenant_id: 'ten_a', reason: 'Looking into a failed export', ...input }),
      ),
    events: async (filter = () => true) => (await readEvents(database.store.pool)).filter(filter),
    close: () => database.close(),
  }
}

export const codeOf = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise
    return 'nothing was refused'
  } catch (error) {
    return error instanceof Refusal ? error.code : String(error)
  }
}
