import type { Event } from '@countersign/contract/events.ts'
import type { Role } from '@countersign/contract/staff.ts'
import type { Kysely, Selectable } from 'kysely'
import type { StaffPrincipal } from '../../server/src/access/principal.ts'
import type { Connector } from '../../server/src/directory/connector.ts'
import { openHttpConnector } from '../../server/src/directory/connectors/http.ts'
import type { Changes } from '../../server/src/directory/mirror.ts'
import { beginRound, type RoundNeeds, runRound } from '../../server/src/directory/round.ts'
import { newId } from '../../server/src/ids.ts'
import { newElected } from '../../server/src/run/elected.ts'
import { endSessionsOf } from '../../server/src/sessions/end-of-tenant.ts'
import type { Tables } from '../../server/src/store/tables.ts'
import { newDatabase, type TestDatabase } from '../support/database.ts'
import { type DirectoryServer, startDirectory, type World } from '../support/directory.ts'
import { readEvents } from '../support/events.ts'

export const staff = (name: string, roles: Role[]): StaffPrincipal => ({
  kind: 'staff',
  id: newId('staff'),
  issuer: 'http://issuer.test',
  subject: name,
  email: `${name}@vendor.example`,
  name,
  roles,
  session_id: newId('staffSession'),
})

export const schedule = { sync_seconds: 3600, full_sync_hours: 24 }
export const rob = staff('rob', ['support_admin'])

export type Rig = {
  database: TestDatabase
  store: TestDatabase['store']
  keys: TestDatabase['keys']
  journal: TestDatabase['journal']
  directory: DirectoryServer
  connector: Connector & { close(): Promise<void> }
  /** One round now; undefined where another runner holds the lease. */
  syncOnce(settings?: {
    connector?: Connector
    signal?: AbortSignal
    address?: string
    endSessions?: RoundNeeds['endSessions']
  }): Promise<Changes | undefined>
  /** The one row of the runner's state. */
  syncState(): Promise<Selectable<Tables['directory_sync']>>
  events(): Promise<Event[]>
  close(): Promise<void>
}

/** A database, a directory over HTTP and the connector between them. */
export const newRig = async (world: World, { timeoutMilliseconds }: { timeoutMilliseconds?: number } = {}): Promise<Rig> => {
  const database = await newDatabase()
  const { store, keys, journal } = database
  const directory = await startDirectory({ jwk: keys.assertion.publicJwk, world })
  const connector = openHttpConnector({
    url: directory.url,
    audience: directory.audience,
    issuer: directory.issuer,
    keys,
    timeoutMilliseconds,
  })
  return {
    database,
    store,
    keys,
    journal,
    directory,
    connector,
    async syncOnce({ connector: other = connector, signal = new AbortController().signal, address = directory.url, endSessions } = {}) {
      const needs = {
        store,
        journal,
        connector: other,
        endSessions: endSessions ?? ((tx: Kysely<Tables>, ids: readonly string[]) => endSessionsOf(tx, journal, ids)),
      }
      const elected = newElected({ store, name: 'directory', seconds: 15 })
      return elected
        .lead(async (lease) => {
          const round = await beginRound({ store, journal }, lease, { ...schedule, sync_seconds: 0, address, audience: directory.audience })
          return round && runRound(needs, lease, round, signal)
        })
        .finally(elected.release)
    },
    syncState: () => store.db.selectFrom('directory_sync').selectAll().executeTakeFirstOrThrow(),
    events: () => readEvents(store.pool),
    async close() {
      await connector.close()
      await directory.close()
      await database.close()
    },
  }
}
