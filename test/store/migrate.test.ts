import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { appUrlOf, migrate } from '../../server/src/store/migrate.ts'
import { type Migration, readMigrations } from '../../server/src/store/migrations.ts'
import { openStore } from '../../server/src/store/open.ts'
import { withDatabase, withLogin } from '../../server/src/store/urls.ts'
import { asSuperuser, newDatabase, newName, server } from '../support/database.ts'

const cleanUp: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo()
})

/** An empty database of an owner who is nothing but that. */
const newEmpty = async (options = '') => {
  const { superuserUrl } = server()
  const name = newName()
  await asSuperuser(superuserUrl, `create role ${name} login password 'p' ${options}`)
  await asSuperuser(superuserUrl, `create database ${name} owner ${name}`)
  cleanUp.push(async () => {
    await asSuperuser(superuserUrl, `drop database ${name} with (force)`)
    await asSuperuser(superuserUrl, `drop owned by ${name}`)
    await asSuperuser(superuserUrl, `drop role ${name}`)
  })
  return { name, url: withDatabase(withLogin(superuserUrl, name, 'p'), name) }
}

const migration = (name: string, text: string): Migration => ({ name, text, sha256: createHash('sha256').update(text).digest('hex') })
const tables = async (url: string) =>
  (await asSuperuser<{ name: string }>(url, `select tablename as name from pg_tables where schemaname = 'public' order by 1`)).map(
    ({ name }) => name,
  )

describe('migrate', () => {
  it('applies each migration once, and the names are told', async () => {
    const { url } = await newEmpty()
    const { appUrl } = server()
    expect(await migrate({ url, appUrl })).toEqual(readMigrations().map(({ name }) => name))
    expect(await migrate({ url, appUrl })).toEqual([])
  })

  it('refuses a superuser, as the owner whose login the program would share, or as the login of the program or of what erases, before it makes anything', async () => {
    const { url, name } = await newEmpty('superuser')
    const { superuserUrl } = server()
    const inIt = withDatabase(superuserUrl, new URL(url).pathname.slice(1))
    await expect(migrate({ url })).rejects.toMatchObject({ message: expect.stringContaining(`The role ${name} is a superuser`) })
    await expect(migrate({ url, appUrl: url })).rejects.toMatchObject({
      message: expect.stringContaining(`The role ${name} is a superuser`),
    })
    const { appUrl } = server()
    await expect(migrate({ url, appUrl, eraserUrl: url })).rejects.toMatchObject({
      message: expect.stringContaining(`The role ${name} is a superuser`),
      hint: expect.stringContaining('DATABASE_ERASER_URL'),
    })
    expect(await tables(inIt)).toEqual([])
  })

  it('several replicas that start at once apply it once', async () => {
    const { url } = await newEmpty()
    const { appUrl } = server()
    const applied = await Promise.all(Array.from({ length: 5 }, () => migrate({ url, appUrl })))
    expect(applied.flat()).toEqual(readMigrations().map(({ name }) => name))
  })

  it('M3 refuses a database of another version, whose data is not carried over, and says what to do', async () => {
    const { ownerUrl, appUrl, close } = await newDatabase()
    cleanUp.push(close)
    const migrations = readMigrations().map((known) => ({ ...known, sha256: 'other' }))
    await expect(migrate({ url: ownerUrl, appUrl, migrations })).rejects.toMatchObject({
      name: 'Trouble',
      message: expect.stringContaining('made by another 0.x version of Countersign (its migration 0001_first is unknown here)'),
    })
  })

  it('refuses a database that is newer than the program, for migrating and for opening', async () => {
    const { ownerUrl, appUrl, close } = await newDatabase()
    cleanUp.push(close)
    await asSuperuser(ownerUrl, `insert into schema_migrations (name, sha256) values ('9999_later', 'x')`)
    const refusal = { name: 'Trouble', message: 'The database is newer than this program: it has 9999_later.' }
    await expect(migrate({ url: ownerUrl, appUrl })).rejects.toMatchObject(refusal)
    await expect(openStore({ url: appUrl })).rejects.toMatchObject(refusal)
  })

  it('keeps nothing of a migration that fails, and all of those before it', async () => {
    const { url } = await newEmpty()
    const migrations = [migration('1', 'create table one ()'), migration('2', 'create table two (); select 1 / 0')]
    await expect(migrate({ url, appUrl: url, migrations })).rejects.toMatchObject({
      name: 'Trouble',
      message: 'The migration 2 failed: division by zero',
    })
    expect(await tables(url)).toEqual(['one', 'schema_migrations'])
  })

  it('without an address for the app, the owner runs in the app role', async () => {
    const { url, name } = await newEmpty()
    await asSuperuser(server().superuserUrl, `grant countersign_app, countersign_eraser to ${name}`)
    await migrate({ url })
    const store = await openStore({ url: appUrlOf(url) })
    expect((await store.pool.query('select current_user as name')).rows).toEqual([{ name: 'countersign_app' }])
    await store.close()
  })

  it('says exactly what a superuser must run where the owner may not make the roles', async () => {
    const { url, name } = await newEmpty()
    const error = await migrate({ url }).catch((caught) => caught)
    expect(error).toMatchObject({ name: 'Trouble', message: expect.stringContaining('may not create the roles') })
    const grants = ['countersign_app', 'countersign_eraser'].map((role) => `GRANT ${role} TO "${name}";`)
    for (const grant of grants) expect(error.hint).toContain(grant)
    expect(error.hint).toContain('CREATE ROLE countersign_tenant NOLOGIN;')
    expect(await tables(url)).toEqual([])
    for (const grant of grants) await asSuperuser(server().superuserUrl, grant)
    expect(await migrate({ url })).toEqual(readMigrations().map(({ name }) => name))
  })
})
