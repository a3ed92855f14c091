import { once } from 'node:events'
import { mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import pino, { type Logger } from 'pino'
import { newJournal } from './audit/record.ts'
import { makeExample } from './cli/example.ts'
import { currentOperator } from './cli/operator.ts'
import type { Start } from './cli/start.ts'
import { addressesOf, type Config, loadConfig } from './config.ts'
import { findExposures } from './exposures.ts'
import { ensureIngestKey } from './identity/ingest-key/create.ts'
import { newKey } from './identity/key-format.ts'
import { type Keys, keepSecret, loadKeys } from './keys.ts'
import { trustAuthorities } from './outbound/authorities.ts'
import { loadPolicy } from './policy/load.ts'
import { pickPort, portTrouble } from './ports.ts'
import { newProgram } from './run/program.ts'
import { newService } from './run/service.ts'
import { type Database, openDatabase } from './store/database.ts'
import { defaultDataDir } from './store/embedded.ts'
import { forgetInstance, writeInstance } from './store/instance.ts'
import { openStore } from './store/open.ts'

const programLog = (level: string, to: { file: string } | 'stdout'): Logger =>
  pino(
    { level, base: undefined, redact: ['req.headers', 'headers', 'token', 'password'] },
    // Opened here: one that is still being opened when the program is told to end would throw, and keep others from their last step.
    pino.destination({ dest: to === 'stdout' ? 1 : openSync(to.file, 'a', 0o600), sync: false }),
  )

/** The ingest key of the example product, which it keeps from start to start. */
const exampleKey = ({ data_dir }: Config): string => keepSecret(join(data_dir, 'example-ingest.key'), () => newKey('ingest'))

const admitExample = async ({ url, keys, key }: { url: string; keys: Keys; key: string }): Promise<void> => {
  const store = await openStore({ url, max: 1, name: 'countersign-example' })
  try {
    await ensureIngestKey(
      { store, journal: newJournal(keys.event), principal: currentOperator() },
      { name: 'Acme, the example product', key },
    )
  } finally {
    await store.close()
  }
}

/** A port that is taken is told before anything is begun. */
const requirePort = (host: string, wanted: number, what: string, variable: string): Promise<number> =>
  pickPort(host, wanted).catch((error: unknown) => {
    throw portTrouble(error, what, wanted, variable)
  })

/** Settled as `work` is, or when the program is told to end. */
const orTold = (work: Promise<unknown>, told: AbortSignal): Promise<unknown> =>
  Promise.race([work, once(told, 'abort').then(() => told.throwIfAborted())])

/** Longest that a start may take: bringing a large database up to this version takes its time. */
const longestStartMs = 3_600_000
/** Longest that the doors may take to close, so that there is time to stop the database. */
const longestCloseMs = 25_000

/** The database, brought up to this version. */
const openOwnDatabase = async (config: Config, log: Logger, say: (line: string) => void): Promise<Database> => {
  const database = await openDatabase({ config, log, say })
  if (database.logins.appUrl !== undefined) return database
  const shared = "The program shares the login of the database's owner; DATABASE_APP_URL gives it one of its own"
  log.warn(shared)
  say(shared)
  return database
}

/**
 * Starts everything: the database, the example product where no product is configured, the doors. `say` tells the person
 * at the terminal how far it is.
 */
export const start: Start = async ({ file, roles, logTo = 'file', environment, told, say: sayAloud }) => {
  const config = loadConfig({ file, roles, defaultDataDir, environment })
  // What does not hold is told before anything is begun.
  loadPolicy(config)
  trustAuthorities(config)
  mkdirSync(config.data_dir, { recursive: true, mode: 0o700 })
  const logFile = join(config.data_dir, 'countersign.log')
  const log = programLog(environment.COUNTERSIGN_LOG_LEVEL || 'info', logTo === 'stdout' ? logTo : { file: logFile })
  const say = logTo === 'stdout' ? (line: string) => log.info(line) : sayAloud
  for (const warning of findExposures({ config, environment, execArgv: process.execArgv })) {
    log.warn(warning)
    sayAloud(warning)
  }
  const { console: door, gateway } = config
  door.port = await requirePort(door.host, door.port, 'console', 'COUNTERSIGN_PORT')
  if (config.roles.includes('gateway')) gateway.port = await requirePort(gateway.host, gateway.port, 'gateway', 'COUNTERSIGN_GATEWAY_PORT')
  const examplePort = config.example
    ? await requirePort('127.0.0.1', config.example_port, 'example product', 'COUNTERSIGN_EXAMPLE_PORT')
    : undefined
  // Loading the doors takes as long as opening the database.
  const loading = import('./serve.ts')

  const database = newService({
    name: 'database',
    longestMs: { start: longestStartMs },
    start: () => openOwnDatabase(config, log, say),
    stop: (opened) => opened.stop(),
  })
  const example = newService({
    name: 'example product',
    start: async () => {
      say('Making Acme, the example product (60 tenants, 3,000 users)')
      const port = examplePort ?? 0
      const origin = `http://127.0.0.1:${port}`
      config.gateway.upstream = origin
      config.directory.connector.url = `${origin}/countersign`
      return makeExample({
        environment,
        databaseUrl: await database.get().ensureDatabase('countersign_example'),
        port,
        consoleUrl: addressesOf(config).console_url,
        upstreamAudience: config.gateway.upstream_audience,
        connectorAudience: config.directory.connector.audience,
        ingestKey: exampleKey(config),
        log,
      })
    },
    status: (product) => product.status(),
    stop: (product) => product.stop(),
  })
  const doors = newService({
    name: 'doors',
    longestMs: { start: longestStartMs, stop: longestCloseMs },
    start: async () => {
      const keys = loadKeys(config.keys_dir ?? join(config.data_dir, 'keys'))
      say('Opening the doors')
      const { serve } = await loading
      const { appUrl, eraserUrl } = database.get()
      const before = () => (examplePort === undefined ? [] : [example.status()])
      const productReady = examplePort === undefined ? undefined : example.get().ready
      const server = await serve({ config, databaseUrl: appUrl, eraserUrl, keys, log, before, productReady })
      if (examplePort !== undefined) await admitExample({ url: appUrl, keys, key: exampleKey(config) })
      return server
    },
    stop: (server) => server.close(),
  })
  /** The doors are open by now. */
  const waitForExample = async (): Promise<void> => {
    say(`Open at ${doors.get().console_url}; Acme's data is still being made`)
    try {
      await orTold(example.get().ready, told)
    } catch (error) {
      await program.close()
      throw error
    }
  }
  const program = newProgram({ services: [database, ...(examplePort === undefined ? [] : [example]), doors], roles: config.roles, log })
  try {
    await program.start(told)
    if (examplePort !== undefined) await waitForExample()
  } finally {
    log.flush()
  }
  const { console_url, gateway_url } = doors.get()
  const addresses = {
    console: console_url,
    gateway: gateway_url,
    ...(examplePort === undefined ? {} : { example: config.gateway.upstream }),
    data_dir: config.data_dir,
    database: database.get().description,
    config: config.source,
    log_file: logTo === 'stdout' ? 'stdout' : logFile,
  }
  const troubles = await doors.get().findTroubles()
  for (const { name, why, waits } of troubles) log[waits ? 'info' : 'warn']({ service: name }, why)
  writeInstance(config.data_dir, { ...addressesOf(config), connector_url: config.directory.connector.url, config: config.source })
  log.info(addresses, 'started')
  const close = async (): Promise<void> => {
    await program.close()
    forgetInstance(config.data_dir)
    log.flush()
  }
  return { addresses, troubles, issuer: config.identity?.issuer, close }
}
