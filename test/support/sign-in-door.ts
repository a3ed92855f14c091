import { createServer } from 'node:net'
import { type ErrorCode, errorCatalogue, type Problem } from '@countersign/contract/errors.ts'
import type { Event } from '@countersign/contract/events.ts'
import pino from 'pino'
import { expect } from 'vitest'
import { type Config, parseConfig } from '../../server/src/config.ts'
import { buildDoor } from '../../server/src/http/app.ts'
import type { Door } from '../../server/src/http/door.ts'
import { authRoutes } from '../../server/src/http/routes/auth.ts'
import { sessionCookie } from '../../server/src/identity/cookies.ts'
import { openIdentity } from '../../server/src/identity/open.ts'
import { logKeyOf } from '../../server/src/sequencer/log-key.ts'
import { endSessionsOfStaff } from '../../server/src/sessions/end-of-staff.ts'
import type { Visitor } from './browser.ts'
import { newDatabase, type TestDatabase } from './database.ts'
import { readEvents } from './events.ts'
import { startIssuer, type TestIssuer } from './issuer.ts'

const file = `
gateway:
  upstream: http://127.0.0.1:9
  upstream_audience: test-api
  routes: [{ method: GET, path: /v1/reports, scope: 'reports:read' }]
  presets: { read_only: ['reports:read'] }
directory:
  connector: { url: 'http://127.0.0.1:9', audience: test-directory }
`

export const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

export type SignInDoor = {
  url: string
  database: TestDatabase
  config: Config
  door: Door
  /** The recorded events, oldest first. */
  events(): Promise<Event[]>
  /** Lines of the program's log. */
  logged: string[]
  close(): Promise<void>
}

/** The console door with nothing but its ways in: on a real port, over a real database. */
export const startSignInDoor = async (
  options: { issuer?: NonNullable<Config['identity']>; routes?: (door: Door) => void; environment?: NodeJS.ProcessEnv } = {},
): Promise<SignInDoor> => {
  const database = await newDatabase()
  const port = await freePort()
  const config: Config = {
    ...parseConfig(file, 'test'),
    source: 'test',
    example: false,
    example_port: 0,
    data_dir: database.dataDir,
    identity: options.issuer,
  }
  const publicUrl = `http://localhost:${port}`
  const { store, journal } = database
  const logged: string[] = []
  const log = pino({ level: 'info' }, { write: (line) => void logged.push(line) })
  const door = await buildDoor({
    store,
    journal,
    logKey: logKeyOf(database.keys, 'test.example/log'),
    publicUrl,
    log,
    routes: async (app) => {
      await authRoutes(app, {
        store,
        journal,
        config,
        publicUrl,
        gatewayUrl: 'http://localhost:9',
        views: undefined,
        endSessions: endSessionsOfStaff(journal),
        onRevoked: () => {},
        identity: openIdentity({ config, publicUrl, log, environment: options.environment ?? {} }),
      })
      options.routes?.(app)
    },
  })
  await door.listen({ host: '127.0.0.1', port })
  return {
    url: publicUrl,
    database,
    config,
    door,
    events: () => readEvents(store.pool),
    logged,
    close: async () => {
      await door.close()
      await database.close()
    },
  }
}

export type IssuerDoor = SignInDoor & { issuer: TestIssuer }

/** The same, with a provider of the test's own behind it. */
export const startIssuerDoor = async (
  options: { identity?: Partial<NonNullable<Config['identity']>>; routes?: (door: Door) => void } = {},
): Promise<IssuerDoor> => {
  const issuer = await startIssuer()
  const door = await startSignInDoor({
    issuer: {
      issuer: issuer.url,
      client_id: issuer.client_id,
      client_secret_env: 'TEST_CLIENT_SECRET',
      scope: 'openid email profile',
      roles_claim: 'roles',
      ...options.identity,
    },
    environment: { TEST_CLIENT_SECRET: issuer.client_secret },
    routes: options.routes,
  })
  return {
    ...door,
    issuer,
    close: async () => {
      await door.close()
      await issuer.close()
    },
  }
}

/** As far as the provider's answer: the address that the browser would now go to. */
export const reachCallback = async (visitor: Visitor, path = '/auth/sign-in'): Promise<URL> => {
  const begun = await visitor.get(path)
  if (begun.status !== 303) throw new Error(`sign-in did not begin: ${begun.status} ${await begun.text()}`)
  const answered = await visitor.get(begun.headers.get('location') as string)
  if (answered.status !== 303) throw new Error(`the provider did not answer: ${answered.status} ${await answered.text()}`)
  return new URL(answered.headers.get('location') as string)
}

/** The whole way at the test's provider. The last answer is the callback's. */
export const signInAt = async (visitor: Visitor): Promise<Response> => visitor.get((await reachCallback(visitor)).href)

/** A refused sign-in: this code, nothing more said, nobody signed in by it, and on the record why. */
export const expectRefused = async (
  door: SignInDoor,
  response: Response,
  expected: { code: ErrorCode; note?: string | RegExp; sessions?: number },
): Promise<Event> => {
  const problem = (await response.json()) as Problem
  expect([response.status, problem.code]).toEqual([errorCatalogue[expected.code].status, expected.code])
  expect(Object.keys(problem).sort()).toEqual(['code', 'hint', 'request_id', 'status', 'title', 'type'])
  expect(response.headers.getSetCookie().filter((cookie) => cookie.startsWith(`${sessionCookie(door.url)}=`))).toEqual([])
  const live = await door.database.store.db.selectFrom('staff_sessions').select('id').where('ended_at', 'is', null).execute()
  expect(live.length).toBe(expected.sessions ?? 0)
  const event = (await door.events()).findLast(({ request }) => request?.id === problem.request_id)
  expect(event).toMatchObject({ action: 'AUTH.DENIED', result: 'deny', code: expected.code })
  if (expected.note !== undefined) expect(event?.note).toMatch(expected.note)
  return event as Event
}
