import { fileURLToPath } from 'node:url'
import { consolePaths } from '@countersign/contract/paths.ts'
import type { ProcessRole, ServiceStatus } from '@countersign/contract/services.ts'
import type { Logger } from 'pino'
import { startExpiringRequests } from './actions/expire.ts'
import { startReconciling } from './actions/reconcile.ts'
import { bindEventKey } from './audit/event-key.ts'
import { newReads } from './audit/read.ts'
import { newJournal } from './audit/record.ts'
import { readLogStatus } from './audit/status.ts'
import { type Addresses, addressesOf, type Config } from './config.ts'
import { openHttpConnector } from './directory/connectors/http.ts'
import { startSync } from './directory/sync.ts'
import { startExports } from './exports/run.ts'
import { startDelivery } from './feed/deliver.ts'
import { openSender } from './feed/open-sender.ts'
import { startGateway } from './gateway/start.ts'
import { startWriter } from './gateway/writer.ts'
import { shownHeaders } from './header-names.ts'
import { newCounts } from './health/ingest/counts.ts'
import { startPrometheus } from './health/ingest/prometheus/pull.ts'
import { startUpkeep } from './health/ingest/upkeep.ts'
import { startKeeping } from './health/partitions.ts'
import { startJudging } from './health/run.ts'
import { buildDoor } from './http/app.ts'
import type { Door } from './http/door.ts'
import { newDrain } from './http/drain.ts'
import { actionRoutes } from './http/routes/actions.ts'
import { auditRoutes } from './http/routes/audit.ts'
import { authRoutes } from './http/routes/auth.ts'
import { consoleRoutes } from './http/routes/console.ts'
import { destinationRoutes } from './http/routes/destinations.ts'
import { exportRoutes } from './http/routes/exports.ts'
import { healthRoutes } from './http/routes/health.ts'
import { logRoutes } from './http/routes/log.ts'
import { passkeyRoutes } from './http/routes/passkeys.ts'
import { proofRoutes } from './http/routes/proofs.ts'
import { receiptRoutes } from './http/routes/receipts.ts'
import { serviceRoutes } from './http/routes/service.ts'
import { sessionRoutes } from './http/routes/sessions.ts'
import { signalRoutes } from './http/routes/signals.ts'
import { tenantRoutes } from './http/routes/tenants.ts'
import { userRoutes } from './http/routes/users.ts'
import { viewRoutes } from './http/routes/views.ts'
import { connectionsOf } from './http/work.ts'
import { openIdentity } from './identity/open.ts'
import { siteOf } from './identity/passkeys/needs.ts'
import { watchIssuer } from './identity/watch.ts'
import { backlog } from './inbound/room.ts'
import type { Keys } from './keys.ts'
import { newLabels } from './labels.ts'
import { troubleOf } from './outbound/breaker.ts'
import { loadPolicy } from './policy/load.ts'
import { portTrouble } from './ports.ts'
import { startRetention } from './privacy/retain.ts'
import { watchDatabase } from './run/database.ts'
import { type FirstLook, findTroubles } from './run/first-look.ts'
import { newProgram } from './run/program.ts'
import { formatStatus, newLoopService, newService } from './run/service.ts'
import { fingerprintOf, openLogKey } from './sequencer/log-key.ts'
import { runSequencer } from './sequencer/run.ts'
import { newAdmission } from './sessions/admit.ts'
import { startClockWatch } from './sessions/clock-watch.ts'
import { endSessionsOfStaff } from './sessions/end-of-staff.ts'
import { endSessionsOf } from './sessions/end-of-tenant.ts'
import { startExpiry } from './sessions/expire.ts'
import { startOutcomes } from './sessions/outcomes.ts'
import { requireAnswering } from './store/answering.ts'
import { openStore, type Store } from './store/open.ts'

const consoleDir = fileURLToPath(new URL('../../console/dist', import.meta.url))

export type Server = Addresses & {
  door: Door
  /** What is wrong with those whom the program depends on, once each has been asked; after a while also where one has not answered. */
  findTroubles(): Promise<FirstLook[]>
  close(): Promise<void>
}

/** Longest that work in the background may wait for the database; a person waits two seconds. */
const backgroundAnswerMs = 30_000
/** Longest that what was sent as signals may take to be written: nobody watches a page for it. */
const signalsAnswerMs = 10_000

type StoresNeeds = { databaseUrl: string; keys: Keys; config: Config }

/**
 * Connections to a database whose events are marked with our key, and whose log is signed with it: for each kind of work its own, as
 * far as the process does it, so that what fills up one of them leaves the others free.
 */
const openStores = async ({ databaseUrl, keys, config }: StoresNeeds) => {
  const { roles } = config
  const opened: Store[] = []
  const open = async (kind: string, max: number, answerMs?: number): Promise<Store> => {
    const store = await openStore({ url: databaseUrl, max, name: `countersign-${kind}`, ...(answerMs === undefined ? {} : { answerMs }) })
    opened.push(store)
    return store
  }
  const close = async (): Promise<void> => void (await Promise.all(opened.map((store) => store.close())))
  try {
    const staff = await open('staff', connectionsOf.staff)
    await bindEventKey({ store: staff, keys })
    const logKey = await openLogKey(staff, { keys, origin: config.log.origin, consoleUrl: addressesOf(config).console_url })
    const openFor = (role: ProcessRole, kind: string, max: number, answerMs?: number) =>
      roles.includes(role) ? open(kind, max, answerMs) : staff
    const [ends, tenants, signals, gateway] = await Promise.all([
      openFor('console', 'ends', connectionsOf.ends),
      openFor('console', 'tenants', connectionsOf.tenants),
      openFor('console', 'signals', connectionsOf.signals, signalsAnswerMs),
      openFor('gateway', 'gateway', 4),
    ])
    return { staff, ends, tenants, signals, gateway, logKey, close }
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * Opens the doors on a database that is migrated, and starts what runs beside them: the services of the table, from top to
 * bottom, as far as the process has their role. Closing goes the other way round.
 */
export const serve = async (options: {
  config: Config
  databaseUrl: string
  eraserUrl: string
  keys: Keys
  log: Logger
  /** Of what runs in this process before the doors. */
  before?: () => ServiceStatus[]
  /** Settled once the product can be asked for its tenants; by default it can be. */
  productReady?: Promise<unknown>
}): Promise<Server> => {
  const { config, databaseUrl, eraserUrl, keys, log, before = () => [], productReady } = options
  const addresses = addressesOf(config)
  const { console_url: publicUrl, gateway_url: gatewayUrl, browser_origin } = addresses
  const labels = browser_origin && newLabels(browser_origin, { isPublicSuffix: config.gateway.browser_origin_is_public_suffix })
  const views = labels ? { labels, upstreams: Object.keys(config.gateway.upstreams) } : undefined
  const journal = newJournal(keys.event)
  const policy = loadPolicy(config)
  const site = siteOf(publicUrl)
  const isConsole = config.roles.includes('console')
  const closing = new AbortController()

  const stores = newService({
    name: 'store',
    start: () => openStores({ databaseUrl, keys, config }),
    stop: (opened) => opened.close(),
  })
  const store = { get: () => stores.get().staff }
  const logKey = { get: () => stores.get().logKey }
  const background = newService({
    name: 'background store',
    roles: ['worker'],
    start: () => openStore({ url: databaseUrl, max: 2, name: 'countersign-background', answerMs: backgroundAnswerMs }),
    stop: (opened) => opened.close(),
  })
  const watch = newLoopService({ name: 'database', isNeeded: true, start: () => watchDatabase({ url: databaseUrl, log }) })
  const writer = newService({
    name: 'gateway writer',
    roles: ['gateway'],
    isNeeded: true,
    start: () => startWriter({ databaseUrl, keys, log }),
    status: (thread) => thread.status(),
    stop: (thread) => thread.close(),
  })
  const sequencer = newService({
    name: 'sequencer',
    roles: ['worker'],
    isNeeded: true,
    start: () => runSequencer({ store: store.get(), databaseUrl, keys, dataDir: config.data_dir, origin: logKey.get().origin, log }),
    status: (thread) => thread.status(),
    stop: (thread) => thread.stop(),
  })
  const connector = newService({
    name: 'connector',
    roles: ['console', 'worker'],
    start: () => openHttpConnector({ ...config.directory.connector, issuer: publicUrl, keys, log }),
    status: (opened) => formatStatus('connector', troubleOf(opened.state())),
    stop: (opened) => opened.close(),
  })
  const sync = newLoopService({
    name: 'directory sync',
    roles: ['worker'],
    start: () =>
      startSync({
        store: store.get(),
        journal,
        connector: connector.get(),
        config,
        log,
        productReady,
        endSessions: (tx, ids) => endSessionsOf(tx, journal, ids),
      }),
  })
  const expiry = newLoopService({ name: 'expiry', roles: ['worker'], start: () => startExpiry({ store: store.get(), journal, log }) })
  const clock = newLoopService({
    name: 'clock',
    roles: ['gateway', 'worker'],
    start: () => startClockWatch({ store: store.get(), journal, log }),
  })
  const outcomes = newLoopService({
    name: 'outcomes',
    roles: ['worker'],
    start: () => startOutcomes({ store: background.get(), journal, log, alone: config.database_url === undefined }),
  })
  const acting = () => ({ store: background.get(), journal, connector: connector.get(), policy, site, config, log })
  const requests = newLoopService({ name: 'action requests', roles: ['worker'], start: () => startExpiringRequests(acting()) })
  const reconciling = newLoopService({ name: 'reconciliation', roles: ['worker'], start: () => startReconciling(acting()) })
  const partitions = newLoopService({
    name: 'health partitions',
    roles: ['worker'],
    start: () => startKeeping({ store: background.get(), log }),
  })
  const judging = newLoopService({
    name: 'health',
    roles: ['worker'],
    start: () => startJudging({ store: background.get(), health: config.health, log }),
  })
  const counts = newCounts()
  const signals = newLoopService({
    name: 'signals',
    roles: ['console'],
    start: () => startUpkeep({ store: stores.get().signals, counts, log }),
  })
  const asked = config.health.prometheus
  const prometheus = asked && [
    newLoopService({
      name: 'prometheus',
      roles: ['worker'],
      start: () => startPrometheus({ store: background.get(), settings: asked, counts, environment: process.env, log }),
    }),
  ]
  const isRetaining = Object.keys(config.retention).length > 0
  const eraser = newService({
    name: 'eraser store',
    roles: ['worker'],
    start: () => openStore({ url: eraserUrl, as: 'eraser', max: 1, name: 'countersign-eraser', answerMs: backgroundAnswerMs }),
    stop: (opened) => opened.close(),
  })
  const retention = newLoopService({
    name: 'retention',
    roles: ['worker'],
    start: () => startRetention({ store: background.get(), eraser: eraser.get(), journal, retention: config.retention, log }),
  })
  const exportStore = newService({
    name: 'export store',
    roles: ['worker'],
    start: () => openStore({ url: databaseUrl, max: 2, name: 'countersign-exports', answerMs: backgroundAnswerMs }),
    stop: (opened) => opened.close(),
  })
  const exporting = newLoopService({
    name: 'exports',
    roles: ['worker'],
    start: () => {
      const { origin, text: key, verifier } = logKey.get()
      return startExports({ store: exportStore.get(), journal, seal: { origin, key, fingerprint: fingerprintOf(verifier) }, verifier, log })
    },
  })
  const gateway = newService({
    name: 'gateway',
    roles: ['gateway'],
    start: () =>
      startGateway({
        config,
        admission: newAdmission({ store: stores.get().gateway, journal }),
        writer: writer.get(),
        log,
        issuer: publicUrl,
        gatewayUrl,
        findTrouble,
        browsers: views && {
          ...views,
          sources: config.gateway.browser_sources,
          console: new URL(publicUrl).origin,
          exposed: shownHeaders(config.gateway.pass_headers),
        },
      }).catch((error: unknown) => {
        throw portTrouble(error, 'gateway', config.gateway.port, 'COUNTERSIGN_GATEWAY_PORT')
      }),
    parts: (opened) => opened.parts(),
    drain: (opened) => opened.drain(),
    stop: (opened) => opened.close(),
  })

  const sending = () => ({
    ...{ config, origin: logKey.get().origin, environment: process.env, consoleUrl: publicUrl, productName: config.product.name },
    key: { privateKey: keys.assertion.privateKey, kid: keys.assertion.publicJwk.kid },
  })
  const deliveries = Object.entries(config.destinations).map(([name, destination]) =>
    newLoopService({
      name: `feed ${name}`,
      roles: ['worker'],
      start: () =>
        startDelivery({
          ...{ ...sending(), store: background.get(), sequenced: store.get(), name, destination, log },
          sender: openSender({ ...sending(), name, destination }),
        }),
    }),
  )

  const identity = newService({
    name: 'identity',
    roles: ['console'],
    start: () => openIdentity({ config, publicUrl, log, environment: process.env }),
    stop: async () => {},
  })
  const issuer = newLoopService({ name: 'identity provider', roles: ['console'], start: () => watchIssuer(identity.get().issuer, log) })

  const logStatus = () => readLogStatus(store.get(), logKey.get().text, sequencer.find()?.stopped())
  const consoleDoorRoutes = async (app: Door): Promise<void> => {
    const needs = {
      ...{ store: store.get(), journal, connector: connector.get(), identity: identity.get(), reads: newReads() },
      ...{ config, policy, site, publicUrl, gatewayUrl, views, logStatus, logKey: logKey.get(), log },
    }
    const onRevoked = (id: string) => gateway.find()?.cut(id)
    await authRoutes(app, { ...needs, endSessions: endSessionsOfStaff(journal), onRevoked })
    passkeyRoutes(app, {
      site,
      first_key: config.identity === undefined ? 'at_once' : config.passkeys.first_key,
      product: config.product.name,
    })
    tenantRoutes(app, needs)
    healthRoutes(app, { ...needs, closing: closing.signal })
    userRoutes(app, needs)
    actionRoutes(app, needs)
    sessionRoutes(app, { ...needs, onRevoked })
    viewRoutes(app, { views, onViewsClosed: (ids: readonly string[]) => gateway.find()?.cutViews(ids) })
    await signalRoutes(app, {
      counts,
      settings: config.health,
      prometheus: asked && { url: asked.url, trouble: () => prometheus?.[0]?.status().last_error ?? null },
    })
    auditRoutes(app, { ...needs, closing: closing.signal })
    proofRoutes(app, needs)
    receiptRoutes(app, { ...needs, origin: logKey.get().origin })
    destinationRoutes(app, { ...needs, ...sending() })
    exportRoutes(app, { publicUrl, onAsked: () => exporting.find()?.wake(), closing: closing.signal })
    logRoutes(app, { ...needs, store: stores.get().tenants })
    await consoleRoutes(app, { consoleDir, paths: Object.values(consolePaths) })
  }
  const findTrouble = async (): Promise<string | null> => {
    await requireAnswering(store.get().pool)
    return program.trouble()
  }
  // In a process without the console it answers no more than whether the process is ready.
  const door = newService({
    name: 'console door',
    start: async () => {
      const built = await buildDoor({
        store: store.get(),
        stores: stores.get(),
        journal,
        logKey: logKey.get(),
        publicUrl,
        frames: browser_origin,
        log,
        routes: async (app) => {
          serviceRoutes(app, { keys, statuses: () => [...before(), ...program.statuses()], findTrouble })
          if (isConsole) await consoleDoorRoutes(app)
        },
      })
      const drain = newDrain(built)
      await built.listen({ host: config.console.host, port: config.console.port, backlog }).catch(async (error: unknown) => {
        await built.close()
        throw portTrouble(error, 'console', config.console.port, 'COUNTERSIGN_PORT')
      })
      return { built, drain }
    },
    drain: async ({ drain }) => {
      closing.abort()
      await drain()
    },
    stop: async ({ built }) => built.server.closeAllConnections(),
  })

  const program = newProgram({
    // Threads take a while to load: begun together.
    services: [
      [stores, background, exportStore],
      watch,
      [writer, sequencer],
      ...[clock, connector, identity, expiry, outcomes, requests, reconciling, partitions, judging, signals, ...(prometheus ?? [])],
      exporting,
      ...(isRetaining ? [eraser, retention] : []),
      ...deliveries,
      ...[gateway, door],
      // Whoever is asked asks for our keys at the door.
      ...[sync, ...(config.identity === undefined ? [] : [issuer])],
    ],
    roles: config.roles,
    log,
  })
  await program.start()
  return { ...addresses, door: door.get().built, findTroubles: () => findTroubles([sync, issuer]), close: program.close }
}
