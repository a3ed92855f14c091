import type pg from 'pg'
import { Trouble } from '../errors.ts'
import { checkServer, refuseSuperuser } from './check.ts'
import { useEraser } from './check-eraser.ts'
import { changedMigration, type Migration, readMigrations, readRecord } from './migrations.ts'
import { connect } from './open.ts'
import { appRole, ensureRoles, eraserRole } from './roles.ts'
import { loginOf, withRole } from './urls.ts'

/** Of the advisory lock that one migrator at a time holds, in each database. */
const lockKey = 0x636f756e

const waitForTurn = async (client: pg.Client): Promise<void> => {
  try {
    await client.query(`set lock_timeout = '60s'`)
    await client.query('select pg_advisory_lock($1)', [lockKey])
    await client.query('reset lock_timeout')
  } catch (error) {
    if ((error as { code?: string }).code !== '55P03') throw error
    throw new Trouble(
      'Another instance has been migrating this database for a minute.',
      'Wait for it, or find it: select * from pg_locks where locktype = $$advisory$$;',
      error,
    )
  }
}

const apply = async (client: pg.Client, { name, text, sha256 }: Migration): Promise<void> => {
  await client.query('begin')
  try {
    await client.query(text)
    await client.query('insert into schema_migrations (name, sha256) values ($1, $2)', [name, sha256])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw new Trouble(`The migration ${name} failed: ${(error as Error).message}`, 'None of it was kept. The cause says why.', error)
  }
}

/**
 * Brings the database up to this program: forward only, one migrator at a time, each file in a transaction of its own.
 * `url` is the owner's. Without `appUrl` the program will run on the owner's login in the app role, and erase in the
 * eraser's, so that login is made a member of them. Answers the names of what was applied now.
 */
export const migrate = async (settings: {
  url: string
  appUrl?: string | undefined
  eraserUrl?: string | undefined
  migrations?: Migration[]
}): Promise<string[]> => {
  const known = settings.migrations ?? readMigrations()
  const client = await connect(settings.url, { name: 'countersign-migrate', answerMs: 600_000 })
  try {
    await checkServer(client)
    await refuseSuperuser(client, settings.appUrl === undefined ? undefined : loginOf(settings.appUrl))
    if (settings.eraserUrl !== undefined) await refuseSuperuser(client, loginOf(settings.eraserUrl), useEraser)
    await waitForTurn(client)
    await ensureRoles(client, settings.appUrl ? [] : [appRole, ...(settings.eraserUrl ? [] : [eraserRole])])
    await client.query(
      `create table if not exists schema_migrations (
         name text primary key, sha256 text not null, applied_at timestamptz not null default clock_timestamp())`,
    )
    await client.query(`grant select on schema_migrations to ${appRole}, ${eraserRole}`)
    const record = await readRecord(client)
    const trouble = changedMigration(known, record)
    if (trouble) throw trouble
    const pending = known.filter(({ name }) => !record.some((row) => row.name === name))
    for (const migration of pending) await apply(client, migration)
    return pending.map(({ name }) => name)
  } finally {
    await client.end()
  }
}

/** The address under which the program runs: that of the app's login, or the owner's login in the app role. */
export const appUrlOf = (ownerUrl: string, appUrl?: string): string => appUrl ?? withRole(ownerUrl, appRole)

/** The same for what erases. */
export const eraserUrlOf = (ownerUrl: string, eraserUrl?: string): string => eraserUrl ?? withRole(ownerUrl, eraserRole)
