import { asSuperuser, type TestDatabase } from './database.ts'

/**
 * Puts a clock of the test's own in the place of the database's: what everybody asks goes through it from now on. Returns how to set
 * it, in milliseconds beside the right time.
 */
export const fakeClock = async ({ superuserUrl, store }: Pick<TestDatabase, 'superuserUrl' | 'store'>) => {
  const name = new URL(superuserUrl).pathname.slice(1)
  await asSuperuser(superuserUrl, 'create schema fake')
  await asSuperuser(superuserUrl, 'create table fake.shift as select 0::float8 as ms')
  await asSuperuser(
    superuserUrl,
    `create function fake.clock_timestamp() returns timestamptz language sql volatile as
      'select pg_catalog.clock_timestamp() + (select ms from fake.shift) * interval ''1 ms'''`,
  )
  await asSuperuser(superuserUrl, 'grant usage on schema fake to public')
  await asSuperuser(superuserUrl, 'grant select on fake.shift to public')
  await asSuperuser(superuserUrl, `alter database ${name} set search_path = fake, pg_catalog, public`)
  // Connections know it from their beginning on.
  await asSuperuser(superuserUrl, 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()', [
    name,
  ])
  for (;;) {
    const isThere = await store.pool.query('select clock_timestamp()').then(
      () => true,
      () => false,
    )
    if (isThere) break
  }
  return {
    set: async (ms: number): Promise<void> => {
      await asSuperuser(superuserUrl, 'update fake.shift set ms = $1', [ms])
    },
  }
}
