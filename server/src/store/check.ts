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

/** What only ever grows: who could change it could rewrite the log, or give and take access unseen. */
const kept = [
  'events',
  'disclosures',
  'log_entries',
  'log_tiles',
  'log_checkpoints',
  'support_sessions',
  'session_revocations',
  'session_extensions',
  'session_tickets',
]
/** Those of which a tenant's reads see their own rows alone. */
const secluded = ['events', 'disclosures', 'log_entries']

type Right = {
  name: string
  table: string
  current: boolean
  superuser: boolean
  bypass: boolean
  owner: boolean
  change: boolean
  forced: boolean
}

const use = 'Run the program as countersign_app or a login that is a member of it: set DATABASE_APP_URL.'
const useTwo = [
  'Give the program a login of its own, as a superuser, and set DATABASE_APP_URL to it:',
  `  ALTER ROLE countersign_app LOGIN PASSWORD '…';`,
  'A database that is new is best given an owner of its own too, for DATABASE_URL, before the first start:',
  `  CREATE ROLE countersign_owner LOGIN CREATEROLE PASSWORD '…'; ALTER DATABASE … OWNER TO countersign_owner;`,
].join('\n')

const judge = ({ name, table, current, superuser, bypass, owner, change, forced }: Right): [string, string] | undefined => {
  if (superuser) return [`The role ${name} is a superuser: nothing in the database could hold it back.`, current ? use : useTwo]
  // The owner's own login in the app's role (DATABASE_URL alone): it can do what an owner can, by design; the start says so.
  if (!current && owner) return undefined
  if (bypass) return [`The role ${name} may bypass row security (BYPASSRLS).`, use]
  if (owner) return [`The role ${name} owns the table ${table}, or is a member of its owner.`, use]
  if (change) {
    return [
      `The role ${name} may update, delete or truncate ${table}.`,
      `As the owner: REVOKE UPDATE, DELETE, TRUNCATE ON ${table} FROM ${name}, PUBLIC; and from the roles it is a member of.`,
    ]
  }
  if (!forced && secluded.includes(table)) {
    return [
      `Row security is not forced on the table ${table}.`,
      `As the owner: ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;`,
    ]
  }
  return undefined
}

/** Refuses the login that the program would work on, or erase by, if it is a superuser's: before anything was made in its database. */
export const refuseSuperuser = async (client: Client & { user?: string }, login = client.user, hint = useTwo): Promise<void> => {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1 and rolsuper', [login])
  if (rowCount) throw new Trouble(`The role ${login} is a superuser: nothing in the database could hold it back.`, hint)
}

/**
 * Refuses a role that could rewrite the log or see past row security; and a login that could by going back to itself
 * (SET ROLE NONE, RESET SESSION AUTHORIZATION).
 */
export const checkRole = async (client: Client): Promise<void> => {
  const { rows } = await client.query<Right>(
    `select u.name, c.relname as table, u.name = current_user as current, r.rolsuper as superuser, r.rolbypassrls as bypass,
       pg_has_role(u.name, c.relowner, 'member') as owner,
       has_table_privilege(u.name, c.oid, 'update, delete, truncate') or has_any_column_privilege(u.name, c.oid, 'update') as change,
       c.relrowsecurity and c.relforcerowsecurity as forced
     from (select current_user as name union select session_user) u join pg_roles r on r.rolname = u.name
       cross join pg_class c join unnest($1::text[]) with ordinality as k (name, place) on c.oid = k.name::regclass
     order by current desc, k.place`,
    [kept],
  )
  for (const row of rows) {
    const [sentence, hint] = judge(row) ?? []
    if (sentence !== undefined && hint !== undefined) throw new Trouble(sentence, hint)
  }
}
