import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import pino, { type Logger } from 'pino'
import { type Example, startExample } from './cli/example.ts'
import type { Running } from './cli/start.ts'
import { addressesOf, type Config, loadConfig } from './config.ts'
import { loadKeys } from './keys.ts'
import { loadPolicy } from './policy/load.ts'
import { pickPort, portTrouble } from './ports.ts'
import type { Server } from './serve.ts'
import { openDatabase } from './store/database.ts'
import { defaultDataDir } from './store/embedded.ts'

const programLog = (level: string, file: string): Logger =>
  pino(
    { level, base: undefined, redact: ['req.headers', 'headers', 'token', 'password'] },
    pino.destination({ dest: file, sync: false, mkdir: true, mode: 0o600 }),
  )

/** A port that is taken is told before anything is begun. */
const requirePort = (host: string, wanted: number, what: string, variable: string): Promise<number> =>
  pickPort(host, wanted).catch((error: unknown) => {
    throw portTrouble(error, what, wanted, variable)
  })

/**
 * Starts everything: the database, the example product where no product is configured, the doors. `say` tells the person
 * at the terminal how far it is.
 */
export const start = async (options: { file?: string; environment: NodeJS.ProcessEnv; say: (line: string) => void }): Promise<Running> => {
  const { say } = options
  const config: Config = loadConfig({ file: options.file, defaultDataDir, environment: options.environment })
  // A policy that does not hold is told before anything is begun.
  loadPolicy(config)
  mkdirSync(config.data_dir, { recursive: true, mode: 0o700 })
  const logFile = join(config.data_dir, 'countersign.log')
  const log = programLog(options.environment.COUNTERSIGN_LOG_LEVEL || 'info', logFile)
  const { console: door, gateway } = config
  door.port = await requirePort(door.host, door.port, 'console', 'COUNTERSIGN_PORT')
  gateway.port = await requirePort(gateway.host, gateway.port, 'gateway', 'COUNTERSIGN_GATEWAY_PORT')
  const examplePort = config.example
    ? await requirePort('127.0.0.1', config.example_port, 'example product', 'COUNTERSIGN_EXAMPLE_PORT')
    : undefined

  const closers: (() => Promise<unknown>)[] = []
  const close = async (): Promise<void> => {
    for (const stop of closers.splice(0).reverse()) await stop().catch((error: unknown) => log.error({ err: error }, 'while closing'))
    log.flush()
  }
  try {
    // Loading the doors takes as long as opening the database.
    const doors = import('./serve.ts')
    const database = await openDatabase({ config, log, say })
    closers.push(() => database.stop())
    if (database.loginUrl === undefined) {
      const shared = "The program shares the login of the database's owner; DATABASE_APP_URL gives it one of its own"
      log.warn(shared)
      say(shared)
    }
    const keys = loadKeys(config.keys_dir ?? join(config.data_dir, 'keys'))

    let example: Example | undefined
    if (examplePort !== undefined) {
      say('Starting Acme, the example product (60 tenants, 3,000 users)')
      example = await startExample({
        environment: options.environment,
        databaseUrl: await database.ensureDatabase('countersign_example'),
        port: examplePort,
        consoleUrl: addressesOf(config).console_url,
        upstreamAudience: config.gateway.upstream_audience,
        connectorAudience: config.directory.connector.audience,
        log,
        onExit: (reason) => {
          log.error(reason)
          say(`${reason}. Countersign goes on without it.`)
        },
      })
      const product = example
      closers.push(() => product.stop())
      config.gateway.upstream = new URL(product.url).origin
      config.directory.connector.url = `${new URL(product.url).origin}/countersign`
    }
    say('Opening the doors')
    const { serve } = await doors
    const server: Server = await serve({ config, databaseUrl: database.appUrl, keys, log })
    closers.push(() => server.close())
    const addresses = {
      console: server.console_url,
      gateway: server.gateway_url,
      ...(example === undefined ? {} : { example: example.url }),
      data_dir: config.data_dir,
      database: database.description,
      config: config.source,
      log_file: logFile,
    }
    log.info(addresses, 'started')
    return { addresses, issuer: config.identity?.issuer, close }
  } catch (error) {
    await close()
    throw error
  }
}
