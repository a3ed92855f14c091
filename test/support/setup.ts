import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { passwordOf } from '../../server/src/store/embedded/secret.ts'
import { attachEmbedded, ensureDatabase, startEmbedded } from '../../server/src/store/embedded.ts'
import { migrate } from '../../server/src/store/migrate.ts'
import { connect } from '../../server/src/store/open.ts'
import { ensureRole, ensureRoles } from '../../server/src/store/roles.ts'
import { withLogin } from '../../server/src/store/urls.ts'
import { memory } from './memory.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: { superuserUrl: string; ownerUrl: string; appUrl: string; eraserUrl: string; template: string; folder: string }
  }
}

const prefix = 'countersign-tests-'
const neededBytes = 2 * 1024 ** 3

const hasMemory = (): boolean => {
  try {
    accessSync(memory, constants.W_OK)
    const { bavail, bsize } = statfsSync(memory)
    return bavail * bsize >= neededBytes
  } catch {
    return false
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const listRuns = (parent: string): string[] =>
  existsSync(parent)
    ? readdirSync(parent)
        .filter((name) => name.startsWith(prefix))
        .map((name) => join(parent, name))
    : []

/** Stops and removes what a run that was killed left behind. */
const removeStale = async () => {
  for (const folder of [memory, tmpdir()].flatMap(listRuns)) {
    try {
      if (isAlive(Number(readFileSync(join(folder, 'run.pid'), 'utf8')))) continue
      if (existsSync(join(folder, 'data'))) await (await attachEmbedded({ dataDir: join(folder, 'data') })).stop()
      rmSync(folder, { recursive: true, force: true })
    } catch {
      // Another run removes it just now, or another user's.
    }
  }
}

/** A folder for everything that this run keeps: in memory where there is enough, since a database mostly waits for its disk. */
const makeFolder = () => {
  const folder = mkdtempSync(join(hasMemory() ? memory : tmpdir(), prefix))
  writeFileSync(join(folder, 'run.pid'), String(process.pid))
  // mkdtemp makes it private; the server's user has to pass through.
  chmodSync(folder, 0o711)
  return folder
}

/** Logins for the tests alone, so that a server given by TEST_DATABASE_URL keeps its own. */
const prepare = async (superuserUrl: string) => {
  const template = `countersign_test_template_${process.pid}`
  const client = await connect(superuserUrl)
  const passwordFor = (login: string) => passwordOf(decodeURIComponent(new URL(superuserUrl).password), login)
  const logins = { countersign_app: 'countersign_test_app', countersign_eraser: 'countersign_test_eraser' }
  try {
    await client.query(`drop database if exists ${template} with (force)`)
    await ensureRoles(client)
    for (const [role, login] of Object.entries(logins))
      await ensureRole(client, login, `login password ${pg.escapeLiteral(passwordFor(login))} in role ${role}`)
    const ownerUrl = await ensureDatabase(superuserUrl, template, 'countersign_test_owner')
    await client.query(`grant countersign_app, countersign_eraser to countersign_test_owner`)
    const [appUrl, eraserUrl] = Object.values(logins).map((login) => withLogin(ownerUrl, login, passwordFor(login))) as [string, string]
    await migrate({ url: ownerUrl, appUrl, eraserUrl })
    return { superuserUrl, ownerUrl, appUrl, eraserUrl, template }
  } finally {
    await client.end()
  }
}

// What programs and threads of the tests compile is kept where the program keeps it; they find the place by the environment.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../../node_modules/.cache/countersign', import.meta.url))

export default async (project: TestProject) => {
  await removeStale()
  const folder = makeFolder()
  const given = process.env.TEST_DATABASE_URL
  const { superuserUrl, stop } = given
    ? { superuserUrl: given, stop: async () => {} }
    : await startEmbedded({ dataDir: join(folder, 'data') })
  const postgres = await prepare(superuserUrl)
  project.provide('postgres', { ...postgres, folder })
  return async () => {
    const client = await connect(superuserUrl)
    const { rows } = await client.query<{ datname: string }>('select datname from pg_database where datname ~ $1', [
      `^${postgres.template}(_|$)`,
    ])
    for (const { datname } of rows) await client.query(`drop database ${datname} with (force)`)
    await client.end()
    await stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
