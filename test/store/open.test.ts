import { sql } from 'kysely'
import { afterAll, expect, it } from 'vitest'
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
