import { sql } from 'kysely'
import { afterAll, expect, it } from 'vitest'
import { openStore } from '../../server/src/store/open.ts'
import { newDatabase } from '../support/database.ts'

const database = await newDatabase()
afterAll(() => database.close())

it('runs as a member of the app role on a migrated database', async () => {
  const { rows } = await sql<{ member: boolean }>`select pg_has_role(current_user, 'countersign_app', 'member') as member`.execute(
    database.store.db,
  )
  expect(rows).toEqual([{ member: true }])
  expect(await database.store.db.selectFrom('events').selectAll().execute()).toEqual([])
})

it('closes at once right after a statement, also where Kysely was never used', async () => {
  const store = await openStore({ url: database.appUrl, max: 2 })
  await store.pool.query('select 1')
  const before = performance.now()
  await store.close()
  await store.close()
  expect(store.pool.totalCount).toBe(0)
  expect(performance.now() - before).toBeLessThan(1_000)
})
