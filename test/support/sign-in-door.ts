import { createServer } from 'node:net'
import pino from 'pino'
import { type Config, parseConfig } from '../../server/src/config.ts'
import { buildDoor } from '../../server/src/http/app.ts'
import type { Door } from '../../server/src/http/door.ts'
import { authRoutes } from '../../server/src/http/routes/auth.ts'
import { newDatabase, type TestDatabase } from './database.ts'

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
  events(): Promise<Record<string, any>[]>
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
  const { store, keys } = database
  const log = pino({ level: process.env.TEST_LOG ?? 'silent' })
  const door = await buildDoor({
    store,
    keys,
    publicUrl,
    log,
    routes: async (app) => {
      await authRoutes(app, {
        store,
        keys,
        config,
        publicUrl,
        gatewayUrl: 'http://localhost:9',
        log,
        environment: options.environment ?? {},
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
    events: async () => {
      const rows = await store.db.selectFrom('events').select('body').orderBy('n').execute()
      return rows.map(({ body }) => JSON.parse(body))
    },
    close: async () => {
      await door.close()
      await database.close()
    },
  }
}
