import { fileURLToPath } from 'node:url'
import { consolePaths } from '@countersign/contract/paths.ts'
import type { Logger } from 'pino'
import { bindEventKey } from './audit/event-key.ts'
import { newReads } from './audit/read.ts'
import { newJournal } from './audit/record.ts'
import { type Addresses, addressesOf, type Config } from './config.ts'
import { openHttpConnector } from './directory/connectors/http.ts'
import { startSync } from './directory/sync.ts'
import { startGateway } from './gateway/start.ts'
import { startWriter } from './gateway/writer.ts'
import { buildDoor } from './http/app.ts'
import type { Door } from './http/door.ts'
import { auditRoutes } from './http/routes/audit.ts'
import { authRoutes } from './http/routes/auth.ts'
import { consoleRoutes } from './http/routes/console.ts'
import { logRoutes } from './http/routes/log.ts'
import { passkeyRoutes } from './http/routes/passkeys.ts'
import { serviceRoutes } from './http/routes/service.ts'
import { sessionRoutes } from './http/routes/sessions.ts'
import { tenantRoutes } from './http/routes/tenants.ts'
import { userRoutes } from './http/routes/users.ts'
import { siteOf } from './identity/passkeys/needs.ts'
import { defaultOrigin, type Keys } from './keys.ts'
import { portTrouble } from './ports.ts'
import { runSequencer } from './sequencer/run.ts'
import { newAdmission } from './sessions/admit.ts'
import { endSessionsOf } from './sessions/end-of-tenant.ts'
import { startExpiry } from './sessions/expire.ts'
import { startOutcomes } from './sessions/outcomes.ts'
import { requireAnswering } from './store/answering.ts'
import { openStore } from './store/open.ts'

const consoleDir = fileURLToPath(new URL('../../console/dist', import.meta.url))

export type Server = Addresses & { door: Door; close(): Promise<void> }

/** Longest that work in the background may wait for the database; a person waits two seconds. */
const backgroundAnswerMs = 30_000

/**
 * Opens the doors on a database that is migrated, and starts what runs beside them. Closing goes the other way round.
 */
export const serve = async (options: { config: Config; databaseUrl: string; keys: Keys; log: Logger }): Promise<Server> => {
  const { config, databaseUrl, keys, log } = options
  const addresses = addressesOf(config)
  const { console_url: publicUrl, gateway_url: gatewayUrl } = addresses
  const closers: (() => Promise<unknown>)[] = []
  const close = async (): Promise<void> => {
    for (const stop of closers.splice(0).reverse()) await stop().catch((error: unknown) => log.error({ err: error }, 'while closing'))
  }
  try {
    const [store, background] = await Promise.all([
      openStore({ url: databaseUrl, max: 16 }),
      openStore({ url: databaseUrl, max: 2, name: 'countersign-background', answerMs: backgroundAnswerMs }),
    ])
    closers.push(() => Promise.all([store.close(), background.close()]))
    await bindEventKey({ store, keys })
    const journal = newJournal(keys.event)
    const origin = config.log.origin ?? defaultOrigin(keys)
    // Two threads that take a while to load: begun together.
    const writer = startWriter({ databaseUrl, keys, log })
    // It ends with the gateway; here for a start that does not get so far. Where it has not begun there is nothing to end.
    closers.push(() =>
      writer.then(
        ({ close: stop }) => stop(),
        () => {},
      ),
    )
    const sequencer = await runSequencer({ store, databaseUrl, keys, dataDir: config.data_dir, origin, log })
    closers.push(() => sequencer.stop())
    const connector = openHttpConnector({ ...config.directory.connector, issuer: publicUrl, keys, log })
    closers.push(() => connector.close())
    const sync = startSync({ store, journal, connector, config, log, endSessions: (tx, ids) => endSessionsOf(tx, journal, ids) })
    closers.push(() => sync.stop())
    const expiry = startExpiry({ store, journal, log })
    closers.push(() => expiry.stop())
    const outcomes = await startOutcomes({ store: background, journal, log, alone: config.database_url === undefined })
    closers.push(() => outcomes.stop())
    const gateway = await startGateway({
      config,
      admission: newAdmission(store),
      writer: await writer,
      log,
      issuer: publicUrl,
      gatewayUrl,
    }).catch((error: unknown) => {
      throw portTrouble(error, 'gateway', config.gateway.port, 'COUNTERSIGN_GATEWAY_PORT')
    })
    let closed: Promise<void> | undefined
    const closeGateway = (): Promise<void> => {
      closed ??= gateway.close()
      return closed
    }
    closers.push(closeGateway)
    const closing = new AbortController()
    const reads = newReads()
    const door = await buildDoor({
      store,
      journal,
      publicUrl,
      log,
      routes: async (app) => {
        serviceRoutes(app, {
          keys,
          findTrouble: async () => {
            await requireAnswering(store)
            return sequencer.trouble() ?? gateway.trouble()
          },
        })
        await authRoutes(app, { store, journal, config, publicUrl, gatewayUrl, log })
        passkeyRoutes(app, {
          site: siteOf(publicUrl),
          first_key: config.identity === undefined ? 'at_once' : config.passkeys.first_key,
          product: config.product.name,
        })
        tenantRoutes(app, { connector })
        userRoutes(app, { connector })
        sessionRoutes(app, { connector, config, gatewayUrl, reads, onRevoked: (id: string) => gateway.cut(id) })
        auditRoutes(app, { reads, publicUrl, logStatus: () => sequencer.status(), closing: closing.signal })
        logRoutes(app, { store, logStatus: () => sequencer.status() })
        await consoleRoutes(app, { consoleDir, paths: Object.values(consolePaths) })
      },
    })
    closers.push(async () => {
      closing.abort()
      // A connection whose last answer was under way is idle only later; nobody needs to wait until it tires of that.
      const sweep = setInterval(() => door.server.closeIdleConnections(), 50)
      await Promise.all([door.close(), closeGateway()]).finally(() => clearInterval(sweep))
    })
    await door.listen({ host: config.console.host, port: config.console.port }).catch((error: unknown) => {
      throw portTrouble(error, 'console', config.console.port, 'COUNTERSIGN_PORT')
    })
    return { ...addresses, door, close }
  } catch (error) {
    await close()
    throw error
  }
}
