import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
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

  it.each(['events', 'disclosures', 'session_revocations', 'sign_in_flows', 'log_entries'])(
    'is not where INSERT on %s was taken away',
    async (table) => {
      await change(`revoke insert on ${table} from countersign_app`, `grant insert on ${table} to countersign_app`)
      await expect(look()).rejects.toMatchObject({
        code: 'store_unavailable',
        message: expect.stringContaining(`INSERT on ${table} was taken`),
      })
    },
  )

  it('is not where the sequence may not be used, or was set back', async () => {
    await change('revoke usage on sequence events_n from countersign_app', 'grant usage on sequence events_n to countersign_app')
    await expect(look()).rejects.toMatchObject({ message: expect.stringContaining('USAGE on the sequence events_n') })
    await asSuperuser(database.superuserUrl, undone.pop() as string)
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
