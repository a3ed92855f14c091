import { afterEach, describe, expect, it } from 'vitest'
import { checkServer } from '../../server/src/store/check.ts'
import { migrate } from '../../server/src/store/migrate.ts'
import { openStore } from '../../server/src/store/open.ts'
import { withLogin, withRole } from '../../server/src/store/urls.ts'
import { asSuperuser, newDatabase, newName, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
const cleanUp: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo()
})

const open = async () => {
  database = await newDatabase()
  cleanUp.push(database.close)
  return database
}

/** A login of its own, with these options and whatever `grants` gives it. */
const newLogin = async (options: string, ...grants: string[]) => {
  const name = newName()
  await asSuperuser(database.superuserUrl, `create role ${name} login password 'p' in role countersign_app ${options}`)
  cleanUp.push(() =>
    asSuperuser(database.superuserUrl, `reassign owned by ${name} to current_user; drop owned by ${name}; drop role ${name}`),
  )
  for (const grant of grants) await asSuperuser(database.superuserUrl, grant.replaceAll('$role', name))
  return withLogin(database.appUrl, name, 'p')
}

/** What a server would answer about itself: for settings that a test cannot give the server of all tests. */
const answering = (changes: object) => {
  const row = { number: 180_004, version: '18.4', standby: false, readonly: 'off', fsync: 'on', commit: 'on', ...changes }
  return { query: async () => ({ rows: [row] }) } as unknown as Parameters<typeof checkServer>[0]
}

const trouble = (sentence: RegExp, hint?: RegExp) => ({
  name: 'Trouble',
  message: expect.stringMatching(sentence),
  ...(hint ? { hint: expect.stringMatching(hint) } : {}),
})

describe('TI-5 the role of the program is held to account when the store is opened', () => {
  it('TI-5 takes a plain member of the app role', async () => {
    await open()
    await (await openStore({ url: await newLogin('') })).close()
  })

  it('TI-5 takes the owner of the tables in the app role, to which RESET ROLE comes back', async () => {
    const { ownerUrl } = await open()
    const store = await openStore({ url: withRole(ownerUrl, 'countersign_app') })
    const client = await store.pool.connect()
    await client.query('begin; set local role countersign_tenant; reset role')
    expect((await client.query('select current_user as name')).rows).toEqual([{ name: 'countersign_app' }])
    await expect(client.query('delete from events')).rejects.toMatchObject({ code: '42501' })
    client.release(true)
    await store.close()
  })

  it('TI-5 refuses a superuser', async () => {
    const { superuserUrl } = await open()
    await expect(openStore({ url: superuserUrl })).rejects.toMatchObject(trouble(/is a superuser/, /DATABASE_APP_URL/))
  })

  it('TI-5 refuses BYPASSRLS', async () => {
    await open()
    await expect(openStore({ url: await newLogin('bypassrls') })).rejects.toMatchObject(trouble(/may bypass row security/))
  })

  it('TI-5 refuses the owner of events, and a member of it', async () => {
    const { ownerUrl } = await open()
    await expect(openStore({ url: ownerUrl })).rejects.toMatchObject(trouble(/owns the table events, or is a member of its owner/))
    const member = await newLogin('', `grant ${new URL(ownerUrl).username} to $role`)
    await expect(openStore({ url: member })).rejects.toMatchObject(trouble(/is a member of its owner/))
  })

  it.each([
    ['update', 'events'],
    ['delete', 'events'],
    ['truncate', 'events'],
    ['update (body)', 'events'],
    ['update (leaf_hash)', 'log_entries'],
    ['update', 'log_tiles'],
    ['delete', 'log_checkpoints'],
    ['update (expires_at)', 'support_sessions'],
    ['delete', 'session_revocations'],
  ])('TI-5 refuses a role that may %s %s', async (right, table) => {
    await open()
    const url = await newLogin('', `grant ${right} on ${table} to $role`)
    await expect(openStore({ url })).rejects.toMatchObject(trouble(new RegExp(`may update, delete or truncate ${table}\\.`), /REVOKE/))
    await expect(openStore({ url: withRole(url, 'countersign_app') })).rejects.toMatchObject(
      trouble(new RegExp(`may update, delete or truncate ${table}\\.`)),
    )
  })

  it('TI-5 refuses the owner of one of the other tables', async () => {
    await open()
    const url = await newLogin('', 'alter table session_revocations owner to $role')
    await expect(openStore({ url })).rejects.toMatchObject(trouble(/owns the table session_revocations/))
  })

  it.each([
    ['events', 'disable row level security'],
    ['events', 'no force row level security'],
    ['log_entries', 'no force row level security'],
  ])('TI-5 refuses %s with %s', async (table, change) => {
    const { ownerUrl, appUrl } = await open()
    await asSuperuser(ownerUrl, `alter table ${table} ${change}`)
    await expect(openStore({ url: appUrl })).rejects.toMatchObject(
      trouble(new RegExp(`Row security is not forced on the table ${table}`), /FORCE ROW LEVEL SECURITY/),
    )
  })

  it('TI-5 refuses a superuser in the app role, to whom SET ROLE NONE and RESET SESSION AUTHORIZATION give all', async () => {
    const { superuserUrl } = await open()
    await expect(openStore({ url: withRole(superuserUrl, 'countersign_app') })).rejects.toMatchObject(
      trouble(/is a superuser/, /DATABASE_APP_URL[\s\S]*ALTER ROLE countersign_app LOGIN[\s\S]*CREATE ROLE countersign_owner/),
    )
  })

  it('TI-5 takes the login that the hint names', async () => {
    const { superuserUrl } = await open()
    await asSuperuser(superuserUrl, `alter role countersign_app login password 'p'`)
    cleanUp.push(() => asSuperuser(superuserUrl, 'alter role countersign_app nologin password null'))
    await (await openStore({ url: withLogin(superuserUrl, 'countersign_app', 'p') })).close()
  })

  it('TI-5 refuses a login that may bypass row security, in the app role', async () => {
    await open()
    await expect(openStore({ url: withRole(await newLogin('bypassrls'), 'countersign_app') })).rejects.toMatchObject(
      trouble(/may bypass row security/),
    )
  })

  it('TI-5 takes an owner that may bypass row security, as managed services have it, in the app role', async () => {
    const { superuserUrl } = await open()
    const url = await newLogin('bypassrls createrole')
    const name = new URL(url).username
    const owned = await asSuperuser<{ what: string }>(
      superuserUrl,
      `select 'table ' || relname as what from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
       union all select 'function ' || oid::regprocedure from pg_proc where pronamespace = 'public'::regnamespace
         and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')`,
    )
    for (const { what } of owned) await asSuperuser(superuserUrl, `alter ${what} owner to ${name}`)
    await (await openStore({ url: withRole(url, 'countersign_app') })).close()
  })

  it('TI-5 the app role itself can neither change events nor see past row security', async () => {
    const { store } = await open()
    for (const act of [
      `update events set body = ''`,
      'delete from events',
      'truncate events',
      'alter table events disable row level security',
    ]) {
      await expect(store.pool.query(act)).rejects.toMatchObject({ code: '42501' })
    }
    const { rows } = await store.pool.query(`select row_security_active('events') as events, row_security_active('log_entries') as entries`)
    expect(rows).toEqual([{ events: true, entries: true }])
  })
})

describe('DB-10 a server that is not fit is refused when the store is opened', () => {
  it('DB-10 a database set to read-only', async () => {
    const { appUrl, superuserUrl } = await open()
    const name = new URL(superuserUrl).pathname.slice(1)
    await asSuperuser(superuserUrl, `alter database ${name} set default_transaction_read_only = on`)
    await expect(openStore({ url: appUrl })).rejects.toMatchObject(trouble(/set to read-only/))
  })

  it('synchronous_commit=off for the database', async () => {
    const { appUrl, superuserUrl } = await open()
    const name = new URL(superuserUrl).pathname.slice(1)
    await asSuperuser(superuserUrl, `alter database ${name} set synchronous_commit = off`)
    await expect(openStore({ url: appUrl })).rejects.toMatchObject(trouble(/runs with synchronous_commit=off/))
  })

  it.each([
    [{ fsync: 'off' }, /runs with fsync=off/],
    [{ number: 140_011, version: '14.11' }, /is PostgreSQL 14\.11; version 15 or newer is needed/],
    [{ standby: true }, /is a standby: it can only be read/],
  ])('DB-10 %o', async (changes, sentence) => {
    await expect(checkServer(answering({}))).resolves.toBeUndefined()
    await expect(checkServer(answering(changes))).rejects.toMatchObject(trouble(sentence))
  })

  it('a database without this schema', async () => {
    const { superuserUrl, ownerUrl, appUrl } = await open()
    await asSuperuser(superuserUrl, 'drop table schema_migrations')
    await expect(openStore({ url: appUrl })).rejects.toMatchObject(trouble(/lacks 0001_first/, /countersign migrate/))
    await expect(migrate({ url: ownerUrl, appUrl })).rejects.toMatchObject(trouble(/The migration 0001_first failed/))
  })
})
