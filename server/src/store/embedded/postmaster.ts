import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { basename, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Trouble } from '../../errors.ts'
import type { Binaries } from './binaries.ts'
import { explain } from './explain.ts'
import { findSocketFolder, type Place, socketPrefix } from './place.ts'

/** A running server: its process and where it listens. */
export type Postmaster = { pid: number; host: string; port: number }

const settings = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  max_connections: '200',
  shared_buffers: '128MB',
  max_wal_size: '2GB',
  wal_compression: 'on',
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'off',
  log_destination: 'stderr',
  jit: 'off',
}

/** The name of a server with these programs and settings: one that runs under another name is restarted, not adopted. */
export const nameOf = ({ postgres, version }: Binaries): string =>
  `countersign-${createHash('sha256')
    .update(JSON.stringify([postgres, version, settings]))
    .digest('hex')
    .slice(0, 12)}`

const logOf = ({ home }: Place): string => join(home, 'postgres.log')

/** True where this process is a postmaster on this cluster, and not another that was given its number. */
const isPostmaster = (pid: number, cluster: string): boolean => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  if (process.platform === 'win32') return true
  // The command line of a zombie is empty.
  if (process.platform === 'linux') {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(cluster)
    } catch (error) {
      // When in doubt it runs: to take a living server for dead is the worse mistake.
      return !['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')
    }
  }
  return spawnSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).stdout.includes(cluster)
}

const readPidFile = (cluster: string): { lines: string[]; status: string } & Postmaster => {
  const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')
  const [pid, , , port, folder, address, , status = ''] = lines
  return { lines, status: status.trim(), pid: Number(pid), port: Number(port), host: folder || address || '127.0.0.1' }
}

/** The server on this cluster, or undefined. */
export const findPostmaster = (cluster: string): (Postmaster & { status: string }) | undefined => {
  try {
    const { lines: _, ...found } = readPidFile(cluster)
    return isPostmaster(found.pid, cluster) ? found : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Waits until a server that is starting is ready, and one that is stopping is gone. */
export const settle = async (cluster: string, seconds = 300): Promise<Postmaster | undefined> => {
  for (const end = Date.now() + seconds * 1_000; ; await wait(15)) {
    const found = findPostmaster(cluster)
    if (!found || found.status === 'ready') return found
    if (Date.now() > end) {
      throw new Trouble(`The database server (pid ${found.pid}) is still ${found.status || 'not ready'}.`, 'Its log says why.')
    }
  }
}

/** Fast shutdown: sessions are ended, everything is written. If that hangs, immediate shutdown, which recovers at the next start. */
export const stopPostmaster = async (pid: number, cluster: string): Promise<void> => {
  for (const [signal, seconds] of [
    ['SIGINT', 20],
    ['SIGQUIT', 10],
  ] as const) {
    if (!isPostmaster(pid, cluster)) return
    process.kill(pid, signal)
    for (const end = Date.now() + seconds * 1_000; Date.now() < end; await wait(15)) {
      if (!isPostmaster(pid, cluster)) return
    }
  }
  throw new Trouble(`The database server (pid ${pid}) does not stop.`, 'Its log says why.')
}

/**
 * Removes what a server that was killed left behind. PostgreSQL takes a pid file for valid when any process has that number
 * by now; with our own number in it, it sees through that and still looks whether old sessions are alive.
 */
const tidy = (place: Place, kept?: Postmaster): void => {
  try {
    const { lines, host } = readPidFile(place.cluster)
    writeFileSync(join(place.cluster, 'postmaster.pid'), [process.pid, ...lines.slice(1)].join('\n'))
    if (host !== kept?.host && basename(host).startsWith(socketPrefix)) rmSync(host, { recursive: true, force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const folder = kept?.host.startsWith('/') ? kept.host : join(place.home, 'run')
  for (const left of ['.s.PGSQL.5432', '.s.PGSQL.5432.lock']) rmSync(join(folder, left), { force: true })
}

const findPort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })

/** Where it listens: where it did before, if it is to be found there again. */
const chooseAddress = async (place: Place, kept?: Postmaster): Promise<{ folder: string | undefined; port: number }> => {
  if (kept) return { folder: kept.host.startsWith('/') ? kept.host : undefined, port: kept.port }
  const folder = findSocketFolder(place)
  return { folder, port: folder ? 5432 : await findPort() }
}

const launchOnce = async (binaries: Binaries, place: Place, kept?: Postmaster): Promise<Postmaster | string> => {
  const { cluster, owner } = place
  tidy(place, kept)
  const log = logOf(place)
  if (existsSync(log) && statSync(log).size > 10_000_000) renameSync(log, `${log}.1`)
  const start = existsSync(log) ? statSync(log).size : 0
  const { folder, port } = await chooseAddress(place, kept)
  const all = {
    ...settings,
    cluster_name: nameOf(binaries),
    listen_addresses: folder ? '' : '127.0.0.1',
    unix_socket_directories: folder ?? '',
    unix_socket_permissions: '0700',
    port: String(port),
  }
  const output = openSync(log, 'a', 0o600)
  // A session of its own, so that Ctrl-C at the terminal reaches us alone and we stop the server in order.
  const child = spawn(binaries.postgres, ['-D', cluster, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])], {
    ...owner,
    cwd: cluster,
    detached: true,
    stdio: ['ignore', output, output],
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
  })
  closeSync(output)
  // Told to end while it starts, the program takes it along.
  const leave = () => void child.kill('SIGINT')
  process.prependOnceListener('exit', leave)
  child.once('exit', () => process.removeListener('exit', leave))
  let ended: string | undefined
  child.once('error', (error) => {
    ended = error.message
  })
  child.once('exit', (code, signal) => {
    ended = `postgres ended with ${signal ?? code}`
  })
  child.unref()
  for (;;) {
    if (ended !== undefined) {
      if (folder && !kept && basename(folder).startsWith(socketPrefix)) rmSync(folder, { recursive: true, force: true })
      return `${ended}\n${existsSync(log) ? readFileSync(log).subarray(start).toString() : ''}`
    }
    const found = findPostmaster(cluster)
    if (found && found.pid === child.pid && found.status === 'ready') return { pid: found.pid, host: found.host, port: found.port }
    await wait(15)
  }
}

/**
 * Starts the server, where it was before if `kept` says so. The sessions of one that was killed take a moment to end, and
 * somebody may have taken our port.
 */
export const launch = async (binaries: Binaries, place: Place, kept?: Postmaster): Promise<Postmaster> => {
  for (const end = Date.now() + 15_000; ; await wait(50)) {
    const launched = await launchOnce(binaries, place, kept)
    if (typeof launched !== 'string') return launched
    const isPassing = /pre-existing shared memory block|still in use|Address already in use|lock file .* already exists/i.test(launched)
    if (!isPassing || Date.now() > end) throw explain(launched, place.cluster, logOf(place))
  }
}
