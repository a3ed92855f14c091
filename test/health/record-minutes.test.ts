import type { TenantMinute } from '@countersign/contract/health.ts'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keepPartitions } from '../../server/src/health/partitions.ts'
import { noteSignal, recordHours, recordMinutes } from '../../server/src/health/record-minutes.ts'
import { openStore } from '../../server/src/store/open.ts'
import { asSuperuser, newDatabase, type TestDatabase } from '../support/database.ts'
import { addTenants, minuteMs, minuteNow, minuteOf } from './rig.ts'

let database: TestDatabase
let now: number
const ids = ['ten_a', 'ten_b', 'ten_c']

beforeAll(async () => {
  database = await newDatabase()
  await addTenants(
    database.store,
    ids.map((id) => ({ id })),
  )
  now = await minuteNow(database.store)
})
afterAll(() => database.close())

const clear = () => asSuperuser(database.superuserUrl, 'truncate health_minutes, health_hours, health_changes')
const sums = async () => {
  const { rows } = await sql<{ tenant_id: string; minute: Date; calls: number; errors: number }>`
    select tenant_id, minute, sum(calls)::int as calls, sum(errors)::int as errors
    from health_minutes join tenant_health using (n) group by 1, 2 order by 1, 2`.execute(database.store.db)
  return rows
}
/** What a person would add up: the last word of each (tenant, source, minute). */
const expected = (minutes: readonly TenantMinute[]) => {
  const last = new Map(minutes.map((row) => [`${row.tenant_id} ${row.source} ${row.minute.getTime()}`, row]))
  const byMinute = Map.groupBy(last.values(), ({ tenant_id, minute }) => JSON.stringify([tenant_id, minute.getTime()]))
  return [...byMinute.values()]
    .map((rows) => ({
      tenant_id: rows[0]?.tenant_id as string,
      minute: rows[0]?.minute as Date,
      calls: rows.reduce((sum, { calls }) => sum + calls, 0),
      errors: rows.reduce((sum, { errors }) => sum + errors, 0),
    }))
    .toSorted((a, b) => a.tenant_id.localeCompare(b.tenant_id) || a.minute.getTime() - b.minute.getTime())
}

const signals = fc.uniqueArray(
  fc.record({
    tenant: fc.constantFrom(...ids),
    source: fc.constantFrom('one', 'two', 'three'),
    ago: fc.integer({ min: 0, max: 26 * 60 - 61 }),
    calls: fc.integer({ min: 0, max: 1000 }),
    failing: fc.integer({ min: 0, max: 100 }),
  }),
  { selector: ({ tenant, source, ago }) => `${tenant} ${source} ${ago}`, minLength: 1, maxLength: 60 },
)

describe('DL-6 signals are counted once', () => {
  it('any order, duplication, splitting and batching of the same signals gives the same sums', async () => {
    await fc.assert(
      fc.asyncProperty(signals, fc.infiniteStream(fc.nat()), async (drawn, random) => {
        await clear()
        const rows = drawn.map(({ tenant, source, ago, calls, failing }) =>
          minuteOf(now, tenant, ago, calls, Math.floor((calls * failing) / 100), source),
        )
        const next = () => random.next().value as number
        const twice = [...rows, ...rows.filter(() => next() % 2 === 0)]
        const shuffled = twice
          .map((row) => ({ row, at: next() }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ row }) => row)
        while (shuffled.length > 0) await recordMinutes(database.store, shuffled.splice(0, 1 + (next() % 20)))
        expect(await sums()).toEqual(expected(rows))
      }),
      { numRuns: 25 },
    )
  })

  it('a minute replaces itself, also within one batch, and sources add up', async () => {
    await clear()
    await recordMinutes(database.store, [
      minuteOf(now, 'ten_a', 3, 5),
      minuteOf(now, 'ten_a', 3, 9, 2),
      minuteOf(now, 'ten_a', 3, 1, 1, 'two'),
    ])
    expect(await sums()).toEqual([{ tenant_id: 'ten_a', minute: new Date(now - 3 * minuteMs), calls: 10, errors: 3 }])
    await recordMinutes(database.store, [minuteOf(now, 'ten_a', 3, 4)])
    expect(await sums()).toMatchObject([{ calls: 5, errors: 1 }])
  })

  it('what says nothing new changes no row and tells nobody to judge anew', async () => {
    await clear()
    await recordMinutes(database.store, [minuteOf(now, 'ten_a', 3, 5)])
    const changes = () => database.store.db.selectFrom('health_changes').selectAll().where('hour', 'is not', null).execute()
    expect(await changes()).toHaveLength(1)
    expect(await recordMinutes(database.store, [minuteOf(now, 'ten_a', 3, 5)])).toEqual({ recorded: 1, outside: 0, unknown: [] })
    expect(await changes()).toHaveLength(1)
  })

  it('another tenant’s id, a year ahead and two days late: left out, told, and no effect on others', async () => {
    await clear()
    const year = 365 * 24 * 60
    expect(
      await recordMinutes(database.store, [
        minuteOf(now, 'ten_a', 1, 7),
        minuteOf(now, 'ten_nobody', 1, 7),
        minuteOf(now, 'ten_a', -year, 7),
        minuteOf(now, 'ten_a', 28 * 60, 7),
      ]),
    ).toEqual({ recorded: 1, outside: 2, unknown: ['ten_nobody'] })
    expect(await sums()).toMatchObject([{ tenant_id: 'ten_a', calls: 7 }])
  })

  it('two instances that write the same minutes in opposite orders do not collide', async () => {
    await clear()
    const other = await openStore({ url: database.appUrl, max: 2 })
    const rows = ids.flatMap((id) => Array.from({ length: 300 }, (_, ago) => minuteOf(now, id, ago, ago + 1)))
    const again = (store: TestDatabase['store'], minutes: TenantMinute[]) =>
      Promise.all(
        Array.from({ length: 6 }, (_, round) =>
          recordMinutes(
            store,
            minutes.map((row) => ({ ...row, calls: row.calls + round })),
          ),
        ),
      )
    try {
      await Promise.all([again(database.store, rows), again(other, rows.toReversed())])
      await recordMinutes(other, rows)
      expect(await sums()).toEqual(expected(rows))
      // A deadlock would have been counted by the server, also where it was tried again.
      const [found] = await asSuperuser<{ deadlocks: string }>(
        database.superuserUrl,
        'select deadlocks from pg_stat_database where datname = current_database()',
      )
      expect(found?.deadlocks).toBe('0')
    } finally {
      await other.close()
    }
  })

  it('whole hours that are older than minutes are taken as hours, once', async () => {
    await clear()
    const hour = (ago: number) => ({ ...minuteOf(now, 'ten_b', ago * 60, 60, 6), source: 'prometheus' })
    const given = [hour(48), hour(7 * 24), hour(12), hour(11 * 24)]
    expect(await recordHours(database.store, given)).toEqual({ recorded: 2, outside: 2, unknown: [] })
    expect(await recordHours(database.store, given)).toEqual({ recorded: 2, outside: 2, unknown: [] })
    const hours = await database.store.db.selectFrom('health_hours').select(['calls', 'errors']).execute()
    expect(hours).toEqual([
      { calls: '60', errors: '6' },
      { calls: '60', errors: '6' },
    ])
  })

  it('keeps how far a source reached, but not into the future', async () => {
    await clear()
    await noteSignal(database.store, new Date(now))
    await noteSignal(database.store, new Date(now + 3_600_000))
    const reached = await database.store.db.selectFrom('health_changes').select('reached_at').execute()
    expect(reached).toEqual([{ reached_at: new Date(now) }])
  })
})

describe('partitions', () => {
  const partitions = async () =>
    (
      await asSuperuser<{ name: string }>(
        database.superuserUrl,
        `select inhrelid::regclass::text as name from pg_inherits where inhparent in ('health_minutes'::regclass, 'health_hours'::regclass) order by 1`,
      )
    ).map(({ name }) => name)

  it('DL-6 signals that find no partition make it, as after a night without the program', async () => {
    await clear()
    for (const name of (await partitions()).filter((name) => name.startsWith('health_minutes')))
      await asSuperuser(database.superuserUrl, `drop table ${name}`)
    expect(await recordMinutes(database.store, [minuteOf(now, 'ten_a', 25 * 60, 3), minuteOf(now, 'ten_a', -4, 2)])).toMatchObject({
      recorded: 2,
    })
    expect(await sums()).toHaveLength(2)
  })

  it('drops what is older than 26 hours by clock and signals, and nothing where the clock alone ran ahead', async () => {
    const old = "'2020-01-01T00:00Z'::timestamptz, '2020-01-01T01:00Z'::timestamptz"
    await asSuperuser(database.superuserUrl, `select add_health_partition('health_minutes', ${old})`)
    await asSuperuser(database.superuserUrl, `update health_state set reached_at = '2020-01-01T12:00Z'`)
    expect(await keepPartitions(database.store)).toBe(0)
    expect(await partitions()).toContain('health_minutes_20200101_00')
    await asSuperuser(database.superuserUrl, 'update health_state set reached_at = now()')
    expect(await keepPartitions(database.store)).toBe(1)
    expect(await partitions()).not.toContain('health_minutes_20200101_00')
    expect(await keepPartitions(database.store)).toBe(0)
  })

  it('TI-5 the program may have partitions kept, and make no table of its own', async () => {
    await expect(sql`create table mine (id int)`.execute(database.store.db)).rejects.toThrow()
    await expect(sql`select add_health_partition('events', now(), now())`.execute(database.store.db)).rejects.toThrow()
    await expect(sql`drop table health_minutes`.execute(database.store.db)).rejects.toThrow()
  })
})
