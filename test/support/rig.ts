import { createHash, randomBytes } from 'node:crypto'
import type { Role } from '@countersign/contract/staff.ts'
import pino from 'pino'
import { type Config, parseConfig } from '../../server/src/config.ts'
import { sessionCookie } from '../../server/src/identity/cookies.ts'
import { newId } from '../../server/src/ids.ts'
import { pickPort } from '../../server/src/ports.ts'
import { type Server, serve } from '../../server/src/serve.ts'
import { newVisitor, type Visitor } from './browser.ts'
import { asSuperuser, newDatabase, type TestDatabase } from './database.ts'
import { startDirectory, type World } from './directory.ts'
import { until } from './until.ts'
import { startUpstream, type Upstream } from './upstream.ts'

const routes = `
gateway:
  upstream: UPSTREAM
  upstream_audience: test-api
  routes:
    - { method: GET, path: /v1/reports, scope: 'reports:read' }
    - { method: GET, path: '/v1/reports/:id', scope: 'reports:read' }
    - { method: POST, path: /v1/reports, scope: 'reports:write' }
    - { method: GET, path: '/v1/tenants/:tenant_id/summary', scope: 'tenant:read', tenant: ':tenant_id' }
    - { method: GET, path: '/v1/notifications/:id', scope: 'notifications:write' }
  presets:
    read_only: ['reports:read', 'tenant:read']
  sinks:
    - { method: POST, path: /v1/account/password }
directory:
  connector: { url: DIRECTORY, audience: test-directory }
  sync_seconds: 5
`

export type Rig = Server & {
  database: TestDatabase
  directory: Awaited<ReturnType<typeof startDirectory>>
  upstream: Upstream
  config: Config
  /** Ends the server alone. */
  stop(): Promise<void>
  /** Every route that runs, as it was declared. */
  routes(): { method: string; url: string }[]
  /** SQL that the program itself may not do. */
  asSuperuser(text: string): Promise<unknown>
  /** Id of a tenant, once the mirror has been filled. */
  knownTenant(): Promise<string>
  /** A visitor whose sign-in session was made in the database, for roles that no local person holds alone. */
  visitorWith(roles: Role[]): Promise<Visitor & { staff_id: string }>
}

/** The whole server in this process: real doors on free ports, a real database, a directory and a product of the test's own. */
export const startRig = async ({ config: more = '', world }: { config?: string; world?: World } = {}): Promise<Rig> => {
  const database = await newDatabase({ max: 16 })
  const consolePort = await pickPort('127.0.0.1', 0)
  const directory = await startDirectory({
    issuer: `http://localhost:${consolePort}`,
    audience: 'test-directory',
    ...(world ? { world } : {}),
  })
  const upstream = await startUpstream()
  const text = routes.replace('UPSTREAM', upstream.url).replace('DIRECTORY', directory.url)
  const file = parseConfig(`${text}${more}`, 'test')
  file.console.port = consolePort
  file.gateway.port = await pickPort('127.0.0.1', 0)
  const config: Config = { ...file, source: 'test', example: false, example_port: 0, data_dir: database.dataDir }
  const server = await serve({
    config,
    databaseUrl: database.appUrl,
    eraserUrl: database.eraserUrl,
    keys: database.keys,
    log: pino({ level: process.env.TEST_LOG ?? 'silent' }),
  })
  return {
    ...server,
    database,
    directory,
    upstream,
    config,
    stop: server.close,
    routes: () => server.door.declared,
    asSuperuser: (text) => asSuperuser(database.superuserUrl, text),
    knownTenant: () => until(async () => (await database.store.db.selectFrom('tenants').select('id').orderBy('id').executeTakeFirst())?.id),
    async visitorWith(roles) {
      const secret = randomBytes(32).toString('base64url')
      const id = newId('staff')
      await database.store.db
        .insertInto('staff')
        .values({ id, issuer: 'test', subject: id, email: `${id}@vendor.example`, name: 'Test Person', roles })
        .execute()
      await database.store.db
        .insertInto('staff_sessions')
        .values({
          id: newId('staffSession'),
          token_hash: createHash('sha256').update(secret).digest(),
          staff_id: id,
          expires_at: new Date(Date.now() + 3_600_000),
        })
        .execute()
      const visitor = newVisitor(server.console_url)
      visitor.cookies.set(sessionCookie(server.console_url), secret)
      return { ...visitor, staff_id: id }
    },
    async close() {
      await server.close()
      await directory.close()
      await upstream.close()
      await database.close()
    },
  }
}
