import { spawnSync } from 'node:child_process'
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { Trouble } from '../../errors.ts'
import type { Binaries } from './binaries.ts'
import { explain } from './explain.ts'
import { giveFolder, type Place } from './place.ts'

export const superuser = 'postgres'

/**
 * Letters beyond ASCII are letters only under a UTF-8 locale of the system; trigrams need that. Sorting and upper and lower
 * case come from PostgreSQL's own C.UTF-8, the same on every machine.
 */
const letterLocales = ['C.UTF-8', 'en_US.UTF-8', 'C']

const marker = ({ dataDir }: Place): string => join(dataDir, 'postgres.made')

const syncFolder = (folder: string): void => {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

const runInitdb = (binaries: Binaries, place: Place, draft: string, secretFile: string): void => {
  for (const locale of letterLocales) {
    const { status, stderr, stdout, error } = spawnSync(
      binaries.initdb,
      [
        ...['-D', draft, '-U', superuser, '-A', 'scram-sha-256', `--pwfile=${secretFile}`, '-k', '-E', 'UTF8', '--no-instructions'],
        ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-locale', `--lc-ctype=${locale}`],
      ],
      { ...place.owner, cwd: dirname(draft), encoding: 'utf8', env: { PATH: process.env.PATH, LC_ALL: '' } },
    )
    if (status === 0) return
    const said = `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`
    if (!/invalid locale/i.test(said)) throw explain(said, place.cluster, 'initdb said so')
    rmSync(draft, { recursive: true, force: true })
  }
}

/** Makes the cluster: whole or not at all, since it is made beside its place and then renamed. */
export const initialise = (binaries: Binaries, place: Place, secret: string): void => {
  const { home, cluster, owner } = place
  for (const left of readdirSync(home).filter((name) => name.startsWith('new-'))) rmSync(join(home, left), { recursive: true, force: true })
  const work = giveFolder(mkdtempSync(join(home, 'new-')), owner)
  try {
    const secretFile = join(work, 'secret')
    writeFileSync(secretFile, secret, { mode: 0o600 })
    if (owner) chownSync(secretFile, owner.uid, owner.gid)
    runInitdb(binaries, place, join(work, 'postgres'), secretFile)
    if (home !== place.dataDir) writeFileSync(place.pointer, `${home}\n`, { flush: true })
    renameSync(join(work, 'postgres'), cluster)
    syncFolder(home)
  } catch (error) {
    if (error instanceof Trouble) throw error
    throw explain((error as Error).message, cluster, 'the file system said so')
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Remembers that the cluster was made, so that its absence is noticed later. */
export const markInitialised = (place: Place, { version }: Binaries): void => {
  if (!existsSync(marker(place))) writeFileSync(marker(place), `${version}\n`, { flush: true })
}

/** True where a cluster is there to be started. One that was there and is not any more is never made anew. */
export const isInitialised = (place: Place, binaries: Binaries): boolean => {
  const { cluster, dataDir } = place
  if (!existsSync(cluster)) {
    if (!existsSync(marker(place))) return false
    throw new Trouble(
      `The database of ${dataDir} is gone: ${cluster} no longer exists.`,
      `Restore it from a backup. To give up its contents and start over, remove ${marker(place)} yourself.`,
    )
  }
  let major: string
  try {
    major = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EACCES') throw explain(`no PG_VERSION in ${cluster}: PANIC`, cluster, String(cause))
    throw new Trouble(
      `The database in ${cluster} belongs to another user.`,
      'Start Countersign as the user who started it first, or choose another folder with COUNTERSIGN_DATA_DIR.',
      cause,
    )
  }
  if (major !== binaries.major) {
    throw new Trouble(
      `The database in ${cluster} was made by PostgreSQL ${major}; this program brings ${binaries.major}.`,
      'Start it once more with the Countersign that made it, take a dump, and load that into a new data folder.',
    )
  }
  return true
}
