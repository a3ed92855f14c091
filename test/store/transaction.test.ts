import { sql } from 'kysely'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { Refusal } from '../../server/src/errors.ts'
import { transaction } from '../../server/src/store/transaction.ts'
import { asSuperuser, newDatabase } from '../support/database.ts'

const database = await newDatabase()
const { store } = database
afterAll(() => database.close())

await asSuperuser(database.ownerUrl, 'create table counters (id int primary key, n int not null); grant all on counters to countersign_app')
beforeEach(() => asSuperuser(database.ownerUrl, 'delete from counters; insert into counters values (1, 0), (2, 0)'))

const countOf = async (id: number) => (await sql<{ n: number }>`select n from counters where id = ${id}`.execute(store.db)).rows[0]?.n

it('undoes everything when the work throws, and hands the error on', async () => {
  const work = transaction(store, async (tx) => {
    await sql`update counters set n = 9`.execute(tx)
    throw new Refusal('conflict', { detail: 'mine' })
  })
  await expect(work).rejects.toMatchObject({ code: 'conflict', message: 'mine' })
  expect(await countOf(1)).toBe(0)
})

it('DB-14 a serialisation failure is retried, and nothing is counted twice or lost', async () => {
  const add = () =>
    transaction(
      store,
      async (tx) => {
        const { rows } = await sql<{ n: number }>`select n from counters where id = 1`.execute(tx)
        await sql`update counters set n = ${(rows[0] as { n: number }).n + 1} where id = 1`.execute(tx)
      },
      { isolation: 'repeatable read' },
    )
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, add))
  const done = outcomes.filter(({ status }) => status === 'fulfilled').length
  expect(done).toBeGreaterThan(1)
  expect(await countOf(1)).toBe(done)
  for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'conflict' })
})

it('DB-14 a deadlock is retried', async () => {
  let runs = 0
  let holding = 0
  let both = () => {}
  const meet = new Promise<void>((resolve) => {
    both = resolve
  })
  const cross = (first: number, second: number) =>
    transaction(store, async (tx) => {
      runs++
      await sql`update counters set n = n + 1 where id = ${first}`.execute(tx)
      if (++holding === 2) both()
      await meet
      await sql`update counters set n = n + 1 where id = ${second}`.execute(tx)
    })
  await Promise.all([cross(1, 2), cross(2, 1)])
  expect(runs).toBe(3)
  expect([await countOf(1), await countOf(2)]).toEqual([2, 2])
})

it('DB-14 gives up after five retries, as a conflict', async () => {
  let runs = 0
  const work = transaction(store, async (tx) => {
    runs++
    await sql`do $$ begin raise exception 'injected' using errcode = '40001'; end $$`.execute(tx)
  })
  await expect(work).rejects.toMatchObject({ name: 'Refusal', code: 'conflict' })
  expect(runs).toBe(6)
})

it('DB-14 injected into one run of five, every work is done exactly once', async () => {
  let runs = 0
  const add = () =>
    transaction(store, async (tx) => {
      await sql`update counters set n = n + 1 where id = 2`.execute(tx)
      if (runs++ % 5 === 0) await sql`do $$ begin raise exception 'injected' using errcode = '40P01'; end $$`.execute(tx)
    })
  for (let n = 0; n < 50; n++) await add()
  expect(await countOf(2)).toBe(50)
  expect(runs).toBeGreaterThan(60)
})

it('DB-14 what only the COMMIT refuses is not tried again', async () => {
  await asSuperuser(
    database.ownerUrl,
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'late' using errcode = '40001'; end $$;
     create constraint trigger late after update on counters deferrable initially deferred for each row execute function refuse()`,
  )
  let runs = 0
  const work = transaction(store, async (tx) => {
    runs++
    await sql`update counters set n = 1 where id = 1`.execute(tx)
  })
  await expect(work).rejects.toMatchObject({ code: 'conflict' })
  expect(runs).toBe(1)
  await asSuperuser(database.ownerUrl, 'drop trigger late on counters; drop function refuse')
})

it('int8 is text, timestamptz a Date', async () => {
  const { rows } = await sql`select 9007199254740993::int8 as big, timestamptz '2026-01-01T00:00:00Z' as at`.execute(store.db)
  expect(rows).toEqual([{ big: '9007199254740993', at: new Date('2026-01-01T00:00:00Z') }])
})
