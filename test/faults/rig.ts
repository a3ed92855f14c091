import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Event } from '@countersign/contract/events.ts'
import { findPlace } from '../../server/src/store/embedded/place.ts'
import { findPostmaster } from '../../server/src/store/embedded/postmaster.ts'
import { attachEmbedded } from '../../server/src/store/embedded.ts'
import { withDatabase } from '../../server/src/store/urls.ts'
import type { Visitor } from '../support/browser.ts'
import { asSuperuser } from '../support/database.ts'
import { readEvents } from '../support/events.ts'
import { mainFile, repository } from '../support/program.ts'

/** The address of the embedded database of a running program, as its superuser. */
export const databaseOf = async (dataDir: string): Promise<string> =>
  withDatabase((await attachEmbedded({ dataDir })).superuserUrl, 'countersign')

/** Puts a tenant where the mirror would. */
export const addTenant = async (dataDir: string, id = 'ten_a'): Promise<void> => {
  await asSuperuser(
    await databaseOf(dataDir),
    `insert into tenants (id, name, status, created_at, updated_at) values ($1, 'Tenant A', 'active', now(), now()) on conflict do nothing`,
    [id],
  )
}

export const eventsOf = async (dataDir: string, action: string): Promise<Event[]> => {
  const url = await databaseOf(dataDir)
  return readEvents({ query: async (text, values) => ({ rows: await asSuperuser(url, text, values) }) }, { action })
}

export const openSession = async (visitor: Visitor, tenant = 'ten_a'): Promise<{ id: string; token: string }> => {
  const opened = await visitor.send('POST', '/api/sessions', { tenant_id: tenant, reason: 'Looking into a failed export' })
  const answer = (await opened.json()) as { session: { id: string }; token: string }
  if (opened.status !== 201) throw new Error(`no session: ${JSON.stringify(answer)}`)
  return { id: answer.session.id, token: answer.token }
}

/** Whether the database server of a data folder runs. */
export const isDatabaseUp = (dataDir: string): boolean => findPostmaster(findPlace(dataDir).cluster) !== undefined

/** Runs `start` where it cannot, to its end. */
export const startInVain = async (dataDir: string, environment: Record<string, string>, options: readonly string[] = []) => {
  const child = spawn(process.execPath, [mainFile, ...options, 'start', '--json'], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, COUNTERSIGN_DATA_DIR: dataDir, DATABASE_URL: '', ...environment },
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

/** Keeps a port for itself. */
export const takePort = async (): Promise<{ port: number; release(): Promise<void> }> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    port,
    release: async () => {
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
