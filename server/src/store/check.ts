import type pg from 'pg'
import { Trouble } from '../errors.ts'
import { changedMigration, readMigrations, readRecord } from './migrations.ts'

type Client = Pick<pg.Client, 'query'>

const first = async <T extends pg.QueryResultRow>(client: Client, text: string): Promise<T> => (await client.query<T>(text)).rows[0] as T

/** Refuses a server that is too old, cannot write, or forgets what it acknowledged. */
export const checkServer = async (client: Client): Promise<void> => {
  const server = await first<{ number: number; version: string; standby: boolean; readonly: string; fsync: string; commit: string }>(
    client,
    `select current_setting('server_version_num')::int as number, current_setting('server_version') as version,
       pg_is_in_recovery() as standby, current_setting('default_transaction_read_only') as readonly,
       current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`,
  )
  if (server.number < 150_000) {
    throw new Trouble(`The database server is PostgreSQL ${server.version}; version 15 or newer is needed.`, 'Upgrade the server.')
  }
  if (server.standby) {
    throw new Trouble(
      'The database server is a standby: it can only be read.',
      'Point DATABASE_URL at the primary, or add target_session_attrs=read-write where your pooler supports it.',
    )
  }
  if (server.readonly === 'on') {
    throw new Trouble(
      'The database is set to read-only (default_transaction_read_only).',
      'Find out who set it, and why: a full disk is a common reason. Then set it to off.',
    )
  }
  if (server.fsync !== 'on' || server.commit === 'off') {
    const setting = server.fsync === 'on' ? 'synchronous_commit' : 'fsync'
    throw new Trouble(
      `The database server runs with ${setting}=off: a crash would lose what it has acknowledged.`,
      `Set ${setting}=on in postgresql.conf, and for this role and database.`,
    )
  }
}

/** Refuses a schema that is not exactly the one of this program. */
export const checkSchema = async (client: Client): Promise<void> => {
  const { present } = await first<{ present: boolean }>(client, `select to_regclass('schema_migrations') is not null as present`)
  const record = present ? await readRecord(client) : []
  const known = readMigrations()
  const missing = known.filter(({ name }) => !record.some((row) => row.name === name))
  if (missing.length > 0) {
    throw new Trouble(`The database lacks ${missing.map(({ name }) => name).join(', ')}.`, 'Run `countersign migrate` first.')
  }
  const trouble = changedMigration(known, record)
  if (trouble) throw trouble
}

/** Refuses a role that could rewrite the log or see past row security. */
export const checkRole = async (client: Client): Promise<void> => {
  const role = await first<{ name: string; superuser: boolean; bypass: boolean; owner: boolean; change: boolean; forced: boolean }>(
    client,
    `select current_user as name, r.rolsuper as superuser, r.rolbypassrls as bypass,
       pg_has_role(current_user, c.relowner, 'member') as owner,
       has_table_privilege('events', 'update, delete, truncate') or has_any_column_privilege('events', 'update') as change,
       c.relrowsecurity and c.relforcerowsecurity as forced
     from pg_roles r, pg_class c where r.rolname = current_user and c.oid = 'events'::regclass`,
  )
  const use = 'Run the program as countersign_app or a login that is a member of it: set DATABASE_APP_URL.'
  const refuse = (sentence: string, hint = use) => {
    throw new Trouble(sentence, hint)
  }
  if (role.superuser) refuse(`The role ${role.name} is a superuser: nothing in the database could hold it back.`)
  if (role.bypass) refuse(`The role ${role.name} may bypass row security (BYPASSRLS).`)
  if (role.owner) refuse(`The role ${role.name} owns the table of events, or is a member of its owner.`)
  if (role.change) {
    refuse(
      `The role ${role.name} may update, delete or truncate events.`,
      `As the owner: REVOKE UPDATE, DELETE, TRUNCATE ON events FROM ${role.name}, PUBLIC; and from the roles it is a member of.`,
    )
  }
  if (!role.forced) {
    refuse(
      'Row security is not forced on the table of events.',
      'As the owner: ALTER TABLE events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;',
    )
  }
}
