import { createHash } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, statfsSync, statSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Trouble } from '../../errors.ts'

/** The user that the server runs as, where that is not ourselves: PostgreSQL refuses to run as root. */
export type Owner = { uid: number; gid: number }

/** Where the parts of one data folder are. `home` is the data folder, or a place that the server's user can enter. */
export type Place = { dataDir: string; home: string; cluster: string; pointer: string; owner: Owner | undefined }

const isRoot = (): boolean => process.getuid?.() === 0

/** The folder for data of this program on this machine. */
export const dataHome = (): string => {
  if (isRoot()) return '/var/lib/countersign'
  if (process.platform === 'win32') return join(process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'Countersign')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Countersign')
  const { XDG_DATA_HOME: home = '' } = process.env
  return join(home.startsWith('/') ? home : join(homedir(), '.local', 'share'), 'countersign')
}

/** The data folder where none is configured: per user, never the repository. */
export const defaultDataDir = (): string => join(dataHome(), 'data')

const nobody = (): Owner => {
  const [, uid, gid] = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8') : '') ?? []
  return { uid: Number(uid ?? 65534), gid: Number(gid ?? 65534) }
}

/** True where the user could change into the folder, by the mode bits of it and all above it. */
export const canEnter = (folder: string, { uid, gid }: Owner): boolean => {
  for (let path = realpathSync(folder); ; path = dirname(path)) {
    const { mode, uid: owner, gid: group } = statSync(path)
    const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return false
    if (path === dirname(path)) return true
  }
}

/** Makes a folder with what is missing above it, each with this mode whatever the umask; an existing one keeps its own. */
export const makeFolder = (folder: string, mode: number): void => {
  const first = mkdirSync(folder, { recursive: true })
  for (let path = folder; first !== undefined; path = dirname(path)) {
    chmodSync(path, mode)
    if (path === first) return
  }
}

/** Makes a folder of ours, under root's own, that the server's user may pass through. */
export const openFolder = (folder: string): void => {
  makeFolder(folder, 0o711)
  const { mode } = statSync(folder)
  if ((mode & 0o001) === 0) chmodSync(folder, mode | 0o011)
}

/** A folder of the server's own. */
export const giveFolder = (folder: string, owner: Owner | undefined): string => {
  mkdirSync(folder, { recursive: true })
  if (owner) chownSync(folder, owner.uid, owner.gid)
  chmodSync(folder, 0o700)
  return folder
}

const findHome = (dataDir: string, pointer: string): string => {
  if (existsSync(pointer)) return readFileSync(pointer, 'utf8').trim()
  if (!isRoot() || existsSync(join(dataDir, 'postgres'))) return dataDir
  // The data folder itself is ours to open for passage (not for listing); what lies above it is not.
  if (statSync(dataDir).uid === 0 && canEnter(dirname(dataDir), nobody())) openFolder(dataDir)
  if (canEnter(dataDir, nobody())) return dataDir
  return join(dataHome(), 'clusters', createHash('sha256').update(dataDir).digest('hex').slice(0, 16))
}

/** Finds, and makes as far as needed, the folders of a data folder. */
export const findPlace = (folder: string): Place => {
  try {
    makeFolder(resolve(folder), isRoot() ? 0o711 : 0o700)
    const dataDir = realpathSync(folder)
    const pointer = join(dataDir, 'postgres.at')
    const home = findHome(dataDir, pointer)
    if (home !== dataDir) for (const folder of [dataHome(), dirname(home), home]) openFolder(folder)
    const cluster = join(home, 'postgres')
    const kept = statSync(cluster, { throwIfNoEntry: false })
    const owner = kept && kept.uid !== 0 ? { uid: kept.uid, gid: kept.gid } : nobody()
    return { dataDir, home, cluster, pointer, owner: isRoot() ? owner : undefined }
  } catch (cause) {
    throw new Trouble(
      `The data folder ${folder} cannot be used: ${(cause as Error).message}`,
      'Choose another with COUNTERSIGN_DATA_DIR, or give this user the right to write there.',
      cause,
    )
  }
}

/** A server cannot even begin its log with less, and would take long to say so. */
const neededBytes = 64 * 1024 ** 2

/** Refuses a disk that is full, at once. */
export const requireRoom = (folder: string, needed = neededBytes): void => {
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize >= needed) return
  throw new Trouble(
    `The disk under ${folder} is full: ${Math.floor((bavail * bsize) / 1024 ** 2)} MB are left.`,
    'Free some space there, then start again. What was acknowledged is still stored.',
  )
}

/** The longest path of a socket that every system takes. */
const longestSocket = 103

const fits = (folder: string): boolean => Buffer.byteLength(join(folder, '.s.PGSQL.5432')) <= longestSocket

/** A folder for the server's socket, short enough and private; undefined where there is none, and it is loopback instead. */
export const findSocketFolder = ({ home, owner }: Place): string | undefined => {
  if (process.platform === 'win32') return undefined
  if (fits(join(home, 'run'))) return giveFolder(join(home, 'run'), owner)
  const base = tmpdir()
  if (!fits(join(base, `${socketPrefix}XXXXXX`)) || (owner && !canEnter(base, owner))) return undefined
  return giveFolder(mkdtempSync(join(base, socketPrefix)), owner)
}

/** How socket folders outside the home are named. */
export const socketPrefix = 'countersign-run-'
