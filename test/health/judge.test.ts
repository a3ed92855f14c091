import {
  ExportOverview,
  type HealthStatus,
  healthStatuses,
  type Overview,
  overviewSorts,
  ReadOverview,
  type TenantHealthRow,
  type TenantMinute,
} from '@countersign/contract/health.ts'
import { lifecycleStatuses } from '@countersign/contract/tenants.ts'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { classify } from '../../server/src/health/classify.ts'
import { exportOverview } from '../../server/src/health/export-overview.ts'
import { getTenantHealth } from '../../server/src/health/get-tenant-health.ts'
import { readOverview } from '../../server/src/health/read-overview.ts'
import { recordHours, recordMinutes } from '../../server/src/health/record-minutes.ts'
import { newThresholds } from '../../server/src/health/thresholds.ts'
import { windowAt } from '../../server/src/health/window.ts'
import { rob, staff } from '../directory/rig.ts'
import { asSuperuser, newDatabase, type TestDatabase } from '../support/database.ts'
import { share } from '../support/long.ts'
import { addTenants, healthConfig, minuteMs, minuteNow, minuteOf, newJudging } from './rig.ts'

const hour = 60
const day = 24 * hour
const databases: TestDatabase[] = []
let database: TestDatabase
let judging: ReturnType<typeof newJudging>
let now: number

beforeEach(async () => {
  database = await newDatabase()
  databases.push(database)
  judging = newJudging(database.store)
  now = await minuteNow(database.store)
})
afterAll(() => Promise.all(databases.map((each) => each.close())))

const health = healthConfig()
const ctx = (who = rob) => ({ store: database.store, journal: database.journal, principal: who, config: { health } })
const ask = (input: object = {}) => readOverview(ctx(), ReadOverview.parse(input))
const rowOf = async (id: string): Promise<TenantHealthRow> => {
  const found = (await ask({ query: id, limit: 200 })).items.find(({ tenant }) => tenant.id === id)
  if (!found) throw new Error(`no ${id}`)
  return found
}
const statusOf = async (id: string): Promise<HealthStatus> => (await rowOf(id)).health.status
/** Signals of now, so that the sources are live. */
const beat = () => recordMinutes(database.store, [minuteOf(now, 'beat', 0, 1)])
const spread = (id: string, from: number, until: number, step: number, calls: number, errors = 0): TenantMinute[] =>
  Array.from({ length: Math.floor((until - from) / step) }, (_, at) => minuteOf(now, id, from + at * step, calls, errors))

/** What a person would say of the same signals, at the minute that they were judged at. */
const model = async (minutes: readonly TenantMinute[], hours: readonly TenantMinute[]) => {
  const { rows } = await sql<{ at: Date }>`select judged_at as at from health_state`.execute(database.store.db)
  const judgedMs = (rows[0] as { at: Date }).at.getTime()
  const { edgeMs, edgeHourMs } = windowAt(judgedMs)
  const last = (given: readonly TenantMinute[]) => [
    ...new Map(given.map((row) => [`${row.tenant_id} ${row.source} ${row.minute.getTime()}`, row])).values(),
  ]
  const seen = last(minutes).filter(({ minute }) => minute.getTime() <= judgedMs)
  const older = last(hours)
  return (id: string) => {
    const own = seen.filter(({ tenant_id }) => tenant_id === id)
    const ownHours = older.filter(({ tenant_id }) => tenant_id === id)
    const sum = (rows: readonly TenantMinute[], of: 'calls' | 'errors' = 'calls') => rows.reduce((total, row) => total + row[of], 0)
    const inDay = own.filter(({ minute }) => minute.getTime() >= edgeMs)
    const lastCalls = [
      ...own.filter(({ calls }) => calls > 0).map(({ minute }) => minute.getTime()),
      ...ownHours.filter(({ calls }) => calls > 0).map(({ minute }) => minute.getTime() + 59 * minuteMs),
    ]
    const last_call_ms = lastCalls.length === 0 ? null : Math.max(...lastCalls)
    const before = (from: number, until: number) =>
      sum([...own, ...ownHours].filter(({ minute }) => minute.getTime() >= from && minute.getTime() < until))
    const weekFrom = last_call_ms === null ? 0 : Math.floor(last_call_ms / (hour * minuteMs)) * hour * minuteMs - 7 * day * minuteMs
    return {
      judgedMs,
      calls: sum(inDay),
      errors: sum(inDay, 'errors'),
      last_call_ms,
      baseline_calls: before(edgeHourMs - 7 * day * minuteMs, edgeHourMs),
      week_calls: before(weekFrom, Number.POSITIVE_INFINITY),
    }
  }
}

describe('C8–C18 the judgement of what signals show', () => {
  it('X9 both edges of the window to the minute: 1,440 minutes count, the one before and those to come do not', async () => {
    await addTenants(database.store, [{ id: 'beat' }, { id: 'ten_in' }, { id: 'ten_out' }, { id: 'ten_soon' }])
    await recordMinutes(database.store, [
      minuteOf(now, 'ten_in', 1439 - 2, 30),
      minuteOf(now, 'ten_in', 0, 5),
      minuteOf(now, 'ten_out', 1440, 30),
      minuteOf(now, 'ten_soon', 0, 30),
      minuteOf(now, 'ten_soon', -4, 70),
    ])
    await judging.pass()
    expect((await rowOf('ten_in')).traffic.calls_24h).toBe(35)
    expect((await rowOf('ten_out')).traffic).toMatchObject({ calls_24h: 0, last_call_at: new Date(now - day * minuteMs).toISOString() })
    expect((await rowOf('ten_out')).health.causes[0]).toMatchObject({ rule: 'no_recent_activity', value: 24, threshold: 24 })
    expect((await rowOf('ten_soon')).traffic.calls_24h).toBe(30)
  })

  it('X15 no signal of any source: everybody is unknown; with the first one they are judged; when it falls silent, unknown again', async () => {
    await addTenants(database.store, [{ id: 'ten_a' }, { id: 'ten_b', status: 'closed' }])
    await judging.pass()
    expect((await ask()).signals).toEqual({ state: 'none', last_at: null })
    expect((await rowOf('ten_a')).health.causes[0]).toMatchObject({
      rule: 'no_signal',
      sentence: 'no signal yet: no source has sent anything',
    })
    await recordMinutes(database.store, spread('ten_a', 0, 10, 1, 10))
    await judging.pass()
    expect(await statusOf('ten_a')).toBe('healthy')
    expect((await ask()).signals.state).toBe('live')
    // A quarter of an hour later.
    await asSuperuser(database.superuserUrl, `update health_state set reached_at = reached_at - interval '17 minutes', judged_at = null`)
    await judging.pass()
    expect((await rowOf('ten_a')).health).toMatchObject({ status: 'unknown', causes: [{ rule: 'no_signal' }] })
    expect((await ask()).signals.state).toBe('stale')
    expect((await rowOf('ten_b')).health.causes[0]?.rule).toBe('not_live')
    await recordMinutes(database.store, [minuteOf(now, 'ten_a', 0, 11)])
    await judging.pass()
    expect(await statusOf('ten_a')).toBe('healthy')
  })

  it('X15 late signals of a source that is behind make nobody silent: stale is by what they are of, not by when they come', async () => {
    await addTenants(database.store, [{ id: 'ten_a' }])
    await recordMinutes(database.store, spread('ten_a', 25 * hour, 26 * hour - 61, 1, 10))
    await judging.pass()
    expect((await rowOf('ten_a')).health.causes[0]?.rule).toBe('no_signal')
  })

  it('X15 whoever fell silent eight days ago is critical, and stays it when the hours are gone', async () => {
    await addTenants(database.store, [{ id: 'beat' }, { id: 'ten_a' }])
    await recordHours(database.store, [{ ...minuteOf(now, 'ten_a', 8 * day, 8680) }])
    await beat()
    await judging.pass()
    expect((await rowOf('ten_a')).health).toMatchObject({
      status: 'critical',
      causes: [
        { rule: 'no_recent_activity', baseline: 1240, sentence: expect.stringMatching(/^no call for [78] days; before that 1,240 a day$/) },
      ],
    })
    await asSuperuser(database.superuserUrl, 'truncate health_hours; update health_state set judged_at = null, baseline_to = null')
    await judging.pass()
    expect((await rowOf('ten_a')).health).toMatchObject({ status: 'critical', causes: [{ baseline: 1240 }] })
  })

  it('X9 the baseline leaves out the last 24 hours, and fewer calls than half of it are a warning', async () => {
    await addTenants(database.store, [{ id: 'ten_a' }])
    await recordHours(
      database.store,
      Array.from({ length: 6 }, (_, at) => minuteOf(now, 'ten_a', (at + 2) * day, 1400)),
    )
    await recordMinutes(database.store, spread('ten_a', 0, 599, 1, 1))
    await judging.pass()
    expect((await rowOf('ten_a')).health.causes[0]).toMatchObject({ rule: 'reduced_activity', value: 599, threshold: 600, baseline: 1200 })
    await recordMinutes(database.store, [minuteOf(now, 'ten_a', 0, 2)])
    await judging.pass()
    expect(await statusOf('ten_a')).toBe('healthy')
  })

  it('a signal changes the judgement at the next pass, and what did not change is not written', async () => {
    await addTenants(database.store, [{ id: 'ten_a' }, { id: 'ten_b' }])
    await recordMinutes(database.store, [...spread('ten_a', 0, 60, 1, 10), ...spread('ten_b', 0, 60, 1, 10)])
    await judging.pass()
    const stay = (await rowOf('ten_b')).health.since
    await recordMinutes(database.store, [minuteOf(now, 'ten_a', 0, 600, 600)])
    expect(await judging.pass()).toMatchObject({ written: expect.any(Number) })
    expect(await statusOf('ten_a')).toBe('critical')
    expect((await rowOf('ten_b')).health.since).toBe(stay)
    const version = async () => (await database.store.db.selectFrom('health_state').select('version').executeTakeFirstOrThrow()).version
    const before = await version()
    await recordMinutes(database.store, [minuteOf(now, 'ten_a', 0, 600, 600)])
    // The turn of a minute may move the window, but of these two no minute is old enough to leave it.
    expect(await judging.pass()).toMatchObject({ written: 0 })
    expect(await version()).toBe(before)
  })

  it('changes are kept as history with their cause, and shown with the tenant (M13)', async () => {
    await addTenants(database.store, [{ id: 'ten_a' }])
    await recordMinutes(database.store, [
      {
        ...minuteOf(now, 'ten_a', 1, 100, 1),
        routes: [{ method: 'GET', route: '/v1/reports', status: 500, calls: 100, errors: 1 }],
        latency: [
          { upper_ms: 100, calls: 90 },
          { upper_ms: Number.POSITIVE_INFINITY, calls: 10 },
        ],
      },
    ])
    await judging.pass()
    await recordMinutes(database.store, [
      {
        ...minuteOf(now, 'ten_a', 0, 100, 50),
        routes: [
          { method: 'GET', route: '/v1/reports', status: 500, calls: 60, errors: 50 },
          { method: 'GET', route: '/v1/fine', status: 200, calls: 40, errors: 0 },
        ],
      },
    ])
    await judging.pass()
    for (const window of ['24h', '7d'] as const) {
      const found = await getTenantHealth(ctx(), { tenant_id: 'ten_a', window })
      expect(found.history.map(({ status, cause }) => [status, cause.rule])).toEqual([
        ['critical', 'error_rate_critical'],
        ['healthy', 'all_well'],
      ])
      expect(found.history[0]?.cause.sentence).toMatch(/^error rate 25.5 % ≥ 10 % over 24 h, since \d\d:\d\d UTC$/)
      expect(found.routes).toEqual([{ method: 'GET', route: '/v1/reports', status: 500, calls: 160, errors: 51 }])
      expect(found.latency_ms).toEqual({ p50: expect.closeTo(55.6, 1), p95: 100 })
      expect(found.series.points).toHaveLength(window === '24h' ? 288 : 168)
      expect(found.series.points.reduce((sum, { calls }) => sum + calls, 0)).toBe(200)
      expect(found.series.points.at(-1)?.calls).toBeGreaterThanOrEqual(100)
      expect(found.health.status).toBe('critical')
    }
  })

  it('an id that was given to another tenant has nothing of the former one’s traffic', async () => {
    await addTenants(database.store, [{ id: 'ten_a' }, { id: 'beat' }])
    await recordMinutes(database.store, [...spread('ten_a', 0, 60, 1, 10, 10)])
    await judging.pass()
    expect(await statusOf('ten_a')).toBe('critical')
    await sql`update tenants set known_since = clock_timestamp(), created_at = now() where id = 'ten_a'`.execute(database.store.db)
    await beat()
    await judging.pass()
    expect(await rowOf('ten_a')).toMatchObject({ health: { status: 'unknown' }, traffic: { calls_24h: 0, last_call_at: null } })
    expect((await getTenantHealth(ctx(), { tenant_id: 'ten_a', window: '24h' })).history).toEqual([])
  })

  it('C7 at every instant the cards are those of the rows, while tenants are judged, come and go', async () => {
    const many = Array.from({ length: 40 }, (_, at) => ({ id: `ten_${at}`, plan: at % 2 === 0 ? 'team' : null }))
    await addTenants(database.store, many)
    let isOver = false
    const change = async () => {
      for (let round = 0; round < 12; round++) {
        await recordMinutes(
          database.store,
          many.map(({ id }, at) => minuteOf(now, id, round, 100, (at + round) % 3 === 0 ? 90 : 0)),
        )
        await sql`update tenants set deleted_at = case when deleted_at is null then now() end where id = ${`ten_${round}`}`.execute(
          database.store.db,
        )
        await judging.pass()
      }
      isOver = true
    }
    const changing = change()
    const seen = new Set<string>()
    try {
      while (!isOver) {
        const { items, cards, matching } = await ask({ limit: 200 })
        const count = (status: HealthStatus) => items.filter((row) => row.health.status === status).length
        const counted = {
          total: items.length,
          healthy: count('healthy'),
          warning: count('warning'),
          critical: count('critical'),
          unknown: count('unknown'),
        }
        expect(cards).toEqual(counted)
        expect(matching).toBe(items.length)
        const filtered = await ask({ health: 'critical', plan: 'team', limit: 200 })
        expect(filtered.matching).toBe(filtered.items.length)
        seen.add(JSON.stringify(cards))
      }
    } finally {
      await changing
    }
    expect(seen.size).toBeGreaterThan(2)
  })

  it('a tenant that is not there is not found, on the record; and the overview needs a console role (C1)', async () => {
    await expect(getTenantHealth(ctx(), { tenant_id: 'ten_no', window: '24h' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(readOverview(ctx(staff('eve', ['auditor'])), ReadOverview.parse({}))).rejects.toMatchObject({ code: 'role_missing' })
    await expect(getTenantHealth(ctx(staff('eve', ['auditor'])), { tenant_id: 'ten_no', window: '24h' })).rejects.toMatchObject({
      code: 'role_missing',
    })
  })
})

const ids = Array.from({ length: 12 }, (_, at) => `ten_${at}`)
const drawnTenants = fc.tuple(
  ...ids.map((id) =>
    fc.record({
      id: fc.constant(id),
      status: fc.constantFrom('active', 'active', 'active', ...lifecycleStatuses),
      plan: fc.constantFrom('team', 'enterprise', null),
    }),
  ),
)
const counted = fc.record({
  calls: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 2_000 })),
  failing: fc.constantFrom(0, 0, 1, 2, 5, 10, 50),
})
const drawnMinutes = fc.array(
  fc.tuple(
    fc.constantFrom(...ids),
    fc.constantFrom('one', 'two'),
    fc.oneof(fc.integer({ min: -4, max: 26 * hour - 62 }), fc.integer({ min: 1_400, max: 1_460 })),
    counted,
  ),
  { maxLength: 60 },
)
const drawnHours = fc.array(fc.tuple(fc.constantFrom(...ids), fc.integer({ min: 28, max: 8 * 24 + 20 }), counted), { maxLength: 40 })

const isSorted = (items: readonly TenantHealthRow[], sort: (typeof overviewSorts)[number], order: 'asc' | 'desc'): boolean => {
  const keyOf: Record<typeof sort, (row: TenantHealthRow) => string | number | null> = {
    worst: ({ health }) => healthStatuses.indexOf(health.status) * 1e12 - Math.floor(Date.parse(health.since) / 1000),
    name: ({ tenant }) => tenant.name.toLowerCase(),
    status: ({ tenant }) => tenant.status,
    plan: ({ tenant }) => tenant.plan,
    calls: ({ traffic }) => traffic.calls_24h,
    error_rate: ({ traffic }) => traffic.error_rate,
    last_call_at: ({ traffic }) => traffic.last_call_at,
    created_at: ({ tenant }) => tenant.created_at,
    user_count: ({ tenant }) => tenant.user_count,
  }
  const keys = items.map(keyOf[sort])
  const given = keys.filter((key) => key !== null)
  const sign = order === 'asc' ? 1 : -1
  const nullsLast = keys.slice(given.length).every((key) => key === null)
  return (
    nullsLast &&
    given.every((key, at) => at === 0 || (given[at - 1] === key ? 0 : (given[at - 1] as never) < (key as never) ? -1 : 1) * sign <= 0)
  )
}

const readAll = async (input: object): Promise<{ items: TenantHealthRow[]; first: Overview }> => {
  const items: TenantHealthRow[] = []
  let first: Overview | undefined
  for (let cursor: string | undefined; ; ) {
    const page = await ask({ ...input, cursor })
    first ??= page
    items.push(...page.items)
    if (page.next_cursor === null) return { items, first }
    cursor = page.next_cursor
  }
}

describe('for random signals', () => {
  it('C3–C7 C8–C10 X9 facts are those a person would count, cards == table, any filter and sort pages through its rows once', async () => {
    const thresholdsOf = newThresholds(health)
    await fc.assert(
      fc.asyncProperty(
        drawnTenants,
        drawnMinutes,
        drawnHours,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 13 }),
        async (tenants, drawn, drawnOld, size, limit) => {
          await asSuperuser(
            database.superuserUrl,
            `delete from tenants; truncate health_minutes, health_hours, health_changes, health_history;
           update health_state set reached_at = null, judged_at = null, rolled_to = null, baseline_to = null`,
          )
          now = await minuteNow(database.store)
          await addTenants(database.store, [...tenants, { id: 'beat' }])
          const minutes = [
            minuteOf(now, 'beat', 0, 1),
            ...drawn.map(([id, source, ago, { calls, failing }]) =>
              minuteOf(now, id, ago, calls, Math.floor((calls * failing) / 100), source),
            ),
          ]
          const hours = drawnOld
            .map(([id, ago, { calls, failing }]) => minuteOf(now, id, ago * hour, calls, Math.floor((calls * failing) / 100)))
            .map((row) => ({ ...row, minute: new Date(Math.floor(row.minute.getTime() / (hour * minuteMs)) * hour * minuteMs) }))
          // In parts, judged after each of them: what follows is what all at once would give.
          for (let at = 0; at < minutes.length; at += size) {
            await recordMinutes(database.store, minutes.slice(at, at + size))
            if (at % 2 === 0) await judging.pass()
          }
          await recordHours(database.store, hours)
          await judging.pass()
          const expected = await model(minutes, hours)
          const { items, first } = await readAll({ limit: 200 })
          expect(items).toHaveLength(13)
          for (const { tenant, health: found, traffic } of items) {
            const { judgedMs, ...facts } = expected(tenant.id)
            const held = thresholdsOf({ tenant_id: tenant.id, plan: tenant.plan })
            const wanted = classify(judgedMs, { status: tenant.status, signals: 'live', ...facts }, held)
            const shown = {
              id: tenant.id,
              calls: traffic.calls_24h,
              errors: traffic.errors_24h,
              last: traffic.last_call_at,
              health: found.status,
              rules: found.causes.map(({ rule }) => rule),
            }
            expect(shown).toEqual({
              id: tenant.id,
              calls: facts.calls,
              errors: facts.errors,
              last: facts.last_call_ms === null ? null : new Date(facts.last_call_ms).toISOString(),
              ...wanted,
            })
            if (found.status === 'unknown') expect(found.causes[0]?.rule).toMatch(/not_live|no_signal|too_little_data/)
          }
          const count = (status: HealthStatus) => items.filter((row) => row.health.status === status).length
          expect(first.cards).toEqual({
            total: 13,
            healthy: count('healthy'),
            warning: count('warning'),
            critical: count('critical'),
            unknown: count('unknown'),
          })
          for (const sort of overviewSorts) {
            const order = size % 2 === 0 ? 'asc' : 'desc'
            const sorted = await readAll({ sort, order, limit })
            expect(sorted.items.map(({ tenant }) => tenant.id).toSorted()).toEqual(items.map(({ tenant }) => tenant.id).toSorted())
            expect(isSorted(sorted.items, sort, order), sort).toBe(true)
          }
          const filters: Partial<Record<'health' | 'status' | 'plan' | 'query', string>>[] = [
            { health: 'critical' },
            { health: 'unknown', status: 'active' },
            { plan: 'team' },
            { query: 'ten_1' },
            { query: 'nant', plan: 'enterprise' },
          ]
          for (const filter of filters) {
            const wanted = items.filter(
              ({ tenant, health: found }) =>
                (filter.health === undefined || found.status === filter.health) &&
                (filter.status === undefined || tenant.status === filter.status) &&
                (filter.plan === undefined || tenant.plan === filter.plan) &&
                (filter.query === undefined || tenant.name.toLowerCase().includes(filter.query) || tenant.id.startsWith(filter.query)),
            )
            const { items: found, first: page } = await readAll({ ...filter, limit })
            expect(found.map(({ tenant }) => tenant.id).toSorted()).toEqual(wanted.map(({ tenant }) => tenant.id).toSorted())
            expect(page.matching).toBe(wanted.length)
            const csv = await exportOverview(ctx(), ExportOverview.parse(filter))
            expect(csv.split('\r\n')).toHaveLength(wanted.length + 2)
          }
        },
      ),
      { numRuns: share(40) },
    )
  })
})
