import { existsSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import pg from 'pg'
import { checkServer } from './check.ts'
import { findBinaries } from './embedded/binaries.ts'
import { initialise, isInitialised, markInitialised, superuser } from './embedded/initialise.ts'
import { inUse, type Lock, takeLock } from './embedded/lock.ts'
import { findPlace, type Place, requireRoom, socketPrefix } from './embedded/place.ts'
import { findPostmaster, launch, nameOf, type Postmaster, settle, stopPostmaster } from './embedded/postmaster.ts'
import { keepSecret, passwordOf } from './embedded/secret.ts'
import { connect } from './open.ts'
import { appRole, ensureRole, ensureRoles, eraserRole } from './roles.ts'
import { withDatabase, withLogin } from './urls.ts'

export { defaultDataDir } from './embedded/place.ts'

const database = 'countersign'
const ownerRole = 'countersign_owner'

export type Embedded = {
  ownerUrl: string
  appUrl: string
  eraserUrl: string
  superuserUrl: string
  /** The server's version, as it says. */
  version: string
  /** It was running already. */
  adopted: boolean
  stop(): Promise<void>
}

type Settings = {
  dataDir: string
  log?: { info(text: string): void; warn(text: string): void; error(text: string): void }
  onProgress?: (sentence: string) => void
}

const urlOf = ({ host, port }: Postmaster, secret: string): string => {
  const url = new URL(`postgresql://${superuser}:${secret}@${host.startsWith('/') ? 'localhost' : host}:${port}/postgres`)
  if (host.startsWith('/')) url.searchParams.set('host', host)
  return url.href
}

/** Makes a database on the server with a login of its own that owns it, unless they are there. Answers the owner's address. */
export const ensureDatabase = async (superuserUrl: string, name: string, owner: string): Promise<string> => {
  const password = passwordOf(decodeURIComponent(new URL(superuserUrl).password), owner)
  const client = await connect(superuserUrl)
  try {
    await ensureRole(client, owner, `login password ${pg.escapeLiteral(password)}`)
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name])
    if (!rowCount) {
      await client.query(`create database ${pg.escapeIdentifier(name)} owner ${pg.escapeIdentifier(owner)}`)
      await client.query(`revoke all on database ${pg.escapeIdentifier(name)} from public`)
    }
  } catch (error) {
    // Another was quicker to make it.
    if (!['42P04', '23505'].includes((error as { code?: string }).code ?? '')) throw error
  } finally {
    await client.end()
  }
  return withDatabase(withLogin(superuserUrl, owner, password), name)
}

/** The roles and the database of Countersign on its own server. */
const prepare = async (superuserUrl: string): Promise<Pick<Embedded, 'ownerUrl' | 'appUrl' | 'eraserUrl' | 'version'>> => {
  const passwords = [appRole, eraserRole].map((role) => [role, passwordOf(new URL(superuserUrl).password, role)] as const)
  const client = await connect(superuserUrl)
  try {
    await checkServer(client)
    for (const [role, password] of passwords) await ensureRole(client, role, `login password ${pg.escapeLiteral(password)}`)
    await ensureRoles(client)
    const ownerUrl = await ensureDatabase(superuserUrl, database, ownerRole)
    await client.query(`grant connect on database ${database} to ${appRole}, ${eraserRole}`)
    const { rows } = await client.query<{ version: string }>(`select current_setting('server_version') as version`)
    const [appUrl, eraserUrl] = passwords.map(([role, password]) => withLogin(ownerUrl, role, password)) as [string, string]
    return { ownerUrl, appUrl, eraserUrl, version: (rows[0] as { version: string }).version }
  } finally {
    await client.end()
  }
}

const isOurs = async (running: Postmaster, secret: string, name: string): Promise<boolean> => {
  const client = await connect(urlOf(running, secret))
  try {
    const { rows } = await client.query<{ name: string }>(`select current_setting('cluster_name') as name`)
    return rows[0]?.name === name
  } finally {
    await client.end()
  }
}

const startLocked = async (place: Place, lock: Lock, { log, onProgress }: Settings): Promise<Embedded> => {
  requireRoom(place.home)
  const binaries = findBinaries(place.owner)
  const isThere = isInitialised(place, binaries)
  const secret = keepSecret(place)
  if (!isThere) {
    onProgress?.('Making the database')
    initialise(binaries, place, secret)
  }
  markInitialised(place, binaries)
  let running = await settle(place.cluster)
  if (running && !(await isOurs(running, secret, nameOf(binaries)))) {
    await stopPostmaster(running.pid, place.cluster)
    running = undefined
  }
  const adopted = running !== undefined
  if (!running) onProgress?.('Starting the database')
  let server = running ?? (await launch(binaries, place))
  let stopping = false

  // Whoever ends the server, it comes back while we live: with its own recovery, and nothing acknowledged is lost.
  let relaunching: Promise<void> | undefined
  const watch = setInterval(() => {
    if (stopping || relaunching) return
    const found = findPostmaster(place.cluster)
    // Told to end by somebody else, it waits for everybody who is there; it is wanted back.
    if (found?.status === 'stopping') process.kill(found.pid, 'SIGINT')
    if (found) return
    log?.warn('The database server ended unasked; it is started again.')
    relaunching = launch(binaries, place, server)
      .then(
        (again) => {
          server = again
        },
        (error) => log?.error(`The database server does not start again: ${(error as Error).message}`),
      )
      .finally(() => {
        relaunching = undefined
      })
  }, 500).unref()

  const leave = () => {
    const found = findPostmaster(place.cluster)
    if (found) process.kill(found.pid, 'SIGINT')
  }
  process.prependOnceListener('exit', leave)

  const stop = async () => {
    if (stopping) return
    stopping = true
    clearInterval(watch)
    await relaunching
    process.removeListener('exit', leave)
    await stopPostmaster(server.pid, place.cluster)
    if (basename(server.host).startsWith(socketPrefix)) rmSync(server.host, { recursive: true, force: true })
    lock.release()
  }

  const superuserUrl = urlOf(server, secret)
  try {
    return { ...(await prepare(superuserUrl)), superuserUrl, adopted, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Starts the server of a data folder, or adopts one that outlived the program which started it. One instance for each folder. */
export const startEmbedded = async (settings: Settings): Promise<Embedded> => {
  const place = findPlace(settings.dataDir)
  const lock = takeLock(place.home)
  if (!lock) throw inUse(place)
  try {
    return await startLocked(place, lock, settings)
  } catch (error) {
    lock.release()
    throw error
  }
}

/** The server of a data folder, for one command: that of the running instance, or its own for as long as the command takes. */
export const attachEmbedded = async (settings: Settings): Promise<Embedded> => {
  const place = findPlace(settings.dataDir)
  const lock = takeLock(place.home)
  if (lock) {
    lock.release()
    return await startEmbedded(settings)
  }
  const running = existsSync(place.cluster) ? await settle(place.cluster, 30) : undefined
  if (!running) throw inUse(place)
  const superuserUrl = urlOf(running, keepSecret(place))
  return { ...(await prepare(superuserUrl)), superuserUrl, adopted: true, stop: async () => {} }
}
