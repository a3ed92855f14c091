import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Refusal } from '../../server/src/errors.ts'
import { requireAnswering } from '../../server/src/store/answering.ts'
import { eventOf } from '../audit/rig.ts'
import { asSuperuser, newDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
const undone: string[] = []
const change = async (text: string, undo: string) => {
  await asSuperuser(database.superuserUrl, text)
  undone.push(undo)
}
beforeAll(async () => {
  database = await newDatabase()
})
afterEach(async () => {
  for (const text of undone.splice(0)) await asSuperuser(database.superuserUrl, text)
})
afterAll(() => database?.close())

const look = () => requireAnswering(database.store.pool)

describe('whether every kind of work could be recorded', () => {
  it('is so in a database that is new, and in one that is used', async () => {
    await look()
    await database.journal.record(database.store.db, eventOf(1))
    await look()
  })

  it('is not where any right was taken that the schema gives', async () => {
    // From the database's own record, not from what the program reads them from. What was migrated is asked at the start alone.
    const given = await asSuperuser<{ object: string; role: string; right: string; column: string | null }>(
      database.superuserUrl,
      `select case c.relkind when 'S' then 'sequence ' else '' end || c.relname as object, a.grantee::regrole::text as role, a.privilege_type as right, a.column
       from pg_class c, lateral (
         select grantee, privilege_type, null as column from aclexplode(c.relacl)
         union all select acl.grantee, acl.privilege_type, attname from pg_attribute, aclexplode(attacl) acl where attrelid = c.oid
       ) a
       where c.relnamespace = 'public'::regnamespace and not c.relispartition and a.grantee <> c.relowner and c.relname <> 'schema_migrations'
       union all select 'function ' || p.oid::regprocedure, a.grantee::regrole::text, a.privilege_type, null from pg_proc p, aclexplode(p.proacl) a
       where p.pronamespace = 'public'::regnamespace and a.grantee not in (0, p.proowner)`,
    )
    expect(given.length).toBeGreaterThan(90)
    for (const { object, role, right, column } of given) {
      const what = `${right}${column === null ? '' : ` (${column})`}`
      await change(`revoke ${what} on ${object} from ${role}`, `grant ${what} on ${object} to ${role}`)
      const named = expect.stringContaining(`${what} on ${object.replace(/^(sequence|function) /, '')}`)
      const seen = await look().then(
        () => 'nothing is missing',
        (error: Refusal) => error.message,
      )
      expect({ object, role, what, seen }).toEqual({ object, role, what, seen: named })
      await asSuperuser(database.superuserUrl, undone.pop() as string)
    }
    await look()
  })

  it('is not where the sequence was set back', async () => {
    for (let n = 0; n < 3; n++) await database.journal.record(database.store.db, eventOf(n))
    await change(`select setval('events_n', 1)`, `select setval('events_n', (select max(n) from events))`)
    await expect(look()).rejects.toMatchObject({ message: expect.stringContaining('was set back') })
  })

  it('is not where the database takes no writes', async () => {
    const name = new URL(database.superuserUrl).pathname.slice(1)
    await change(
      `alter database ${name} set default_transaction_read_only = on`,
      `begin read write; alter database ${name} reset default_transaction_read_only; commit`,
    )
    const [client] = [await database.store.pool.connect()]
    client.release(true)
    await expect(look()).rejects.toMatchObject({ message: 'The database takes no writes.' })
  })
})
