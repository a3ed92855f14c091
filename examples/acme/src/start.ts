import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { Acme } from './acme.ts'
import { type Auth, openAuth } from './auth/open.ts'
import { getSetting, migrate, withSetupLock } from './database/migrate.ts'
import { openDatabase } from './database/open.ts'
import type { Settings } from './environment.ts'
import { Faults } from './faults.ts'
import { Journal } from './journal.ts'
import { Presence } from './presence.ts'
import { seed } from './seed/run.ts'
import { buildServer } from './server.ts'
import { startSignals } from './signals/start.ts'
import { newSignerKey, Signer } from './signer.ts'
import { startTraffic } from './traffic/run.ts'
import { TrustedCaller } from './trust/verify.ts'

export type Running = { url: string; port: number; stop(): Promise<void> }

/** Sets the database up, listens, and begins to be busy. */
export async function start(settings: Settings): Promise<Running> {
  const database = openDatabase(settings.databaseUrl)
  const stopping = new AbortController()
  try {
    const { secret, signer } = await withSetupLock(database, async (guard) => {
      await migrate(database, guard)
      const secret = await getSetting(guard, 'auth_secret', () => randomBytes(32).toString('base64url'))
      const signer = new Signer(await getSetting(guard, 'signer_key', newSignerKey))
      if (settings.seed) await seed(guard, { secret, signer, now: new Date() })
      return { secret, signer }
    })

    const signals = await startSignals(database, settings.signals, stopping.signal)
    let auth: Auth | undefined
    let url = ''
    const acme: Acme = {
      database,
      auth: () => {
        if (!auth) throw new Error('not listening yet')
        return auth
      },
      authIn: (tx) => openAuth({ db: tx }, secret, url),
      url: () => url,
      signer,
      signals,
      presence: new Presence(),
      support: new TrustedCaller(settings.trustedIssuer, settings.trustedJwksUrl, settings.audience),
      directory: new TrustedCaller(settings.trustedIssuer, settings.trustedJwksUrl, settings.connectorAudience),
      stopping: stopping.signal,
    }
    const journal = settings.journal === undefined ? undefined : await Journal.open(settings.journal)
    const app = buildServer(acme, { journal, faults: settings.faults ? new Faults(stopping.signal) : undefined })
    await app.listen({ host: settings.host, port: settings.port })
    const { port } = app.server.address() as AddressInfo
    const host = settings.host === '0.0.0.0' || settings.host === '::' ? 'localhost' : settings.host
    url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
    auth = openAuth(database, secret, url)

    const traffic = startTraffic({
      url,
      requestsPerSecond: settings.requestsPerSecond,
      stopping: stopping.signal,
      switches: signals.switches,
    })
    return {
      url,
      port,
      async stop() {
        stopping.abort()
        acme.presence.close()
        await traffic
        await signals.stop()
        await app.close()
        await journal?.close()
        await database.close()
      },
    }
  } catch (error) {
    await database.close()
    throw error
  }
}
