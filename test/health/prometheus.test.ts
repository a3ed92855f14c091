import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { sql } from 'kysely'
import pino from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseConfig } from '../../server/src/config.ts'
import { newCounts } from '../../server/src/health/ingest/counts.ts'
import { wholeCalls } from '../../server/src/health/ingest/prometheus/count.ts'
import { nextRange, startPrometheus } from '../../server/src/health/ingest/prometheus/pull.ts'
import type { Loop } from '../../server/src/run/loop.ts'
import { asSuperuser, newDatabase, type TestDatabase } from '../support/database.ts'
import { type PrometheusServer, startPrometheusServer, whyNoPrometheus } from '../support/prometheus.ts'
import { describeUnless } from '../support/unless.ts'
import { until } from '../support/until.ts'
import { addTenants } from './rig.ts'

let database: TestDatabase
const loops: Loop[] = []
beforeAll(async () => {
  database = await newDatabase()
  await addTenants(database.store, [{ id: 'ten_a' }, { id: 'ten_b' }])
})
afterAll(() => database?.close())
beforeEach(() => asSuperuser(database.superuserUrl, 'truncate health_minutes, health_hours, signal_cursors, signal_counts, signal_unknown'))
afterEach(async () => void (await Promise.all(loops.splice(0).map((loop) => loop.stop()))))

const log = pino({ level: process.env.TEST_LOG ?? 'silent' })
const queries = {
  calls_query: 'sum by (tenant_id) (rate(calls_total[$window]))',
  errors_query: 'sum by (tenant_id) (rate(calls_total{code=~"5.."}[$window]))',
}
const begin = (url: string, more: object = {}): Loop => {
  const loop = startPrometheus({
    ...{ store: database.store, counts: newCounts(), environment: { TOKEN: 'secret' }, log },
    settings: { url, ...queries, tenant_label: 'tenant_id', minute_window: '2m', delay_seconds: 60, ...more },
  })
  loops.push(loop)
  return loop
}
const cursor = async () =>
  (await database.store.db.selectFrom('signal_cursors').select('taken_until').executeTakeFirst())?.taken_until.getTime()
const isCaughtUp = async () => Date.now() - ((await cursor()) ?? 0) < 200_000
const totals = async (table: 'health_minutes' | 'health_hours') => {
  const { rows } = await sql<{ tenant_id: string; rows: number; calls: number; errors: number; least: number; most: number }>`
    select tenant_id, count(*)::int as rows, sum(calls)::int as calls, sum(errors)::int as errors, min(calls)::int as least, max(calls)::int as most
    from ${sql.raw(table)} join tenant_health using (n) group by 1 order by 1`.execute(database.store.db)
  return rows
}

describe('what is asked next', () => {
  const settings = { minute_window: '2m', delay_seconds: 60 }
  const hour = 3_600
  const now = 500_000 * hour + 1_234

  it('a week of hours, a day at a time, then minutes by the hour, and nothing that is not complete', () => {
    const ranges = []
    let taken: number | undefined
    for (let range = nextRange(taken, now, settings); range; range = nextRange(taken, now, settings)) {
      ranges.push(range)
      taken = range.last
    }
    const hours = ranges.filter(({ step }) => step === hour)
    const minutes = ranges.filter(({ step }) => step === 60)
    expect(hours.map(({ first, last }) => (last - first) / hour + 1)).toEqual([24, 24, 24, 24, 24, 22])
    expect(hours[0]?.first).toBe(500_000 * hour - 7 * 24 * hour + hour)
    expect(minutes).toHaveLength(27)
    expect(minutes[0]?.first).toBe(500_000 * hour - 26 * hour + 60)
    expect(taken).toBe(500_000 * hour + 1_140)
  })

  it('any outage of ours leaves no minute and no hour out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 * 24 * 60 }), (minutesAway) => {
        let taken = Math.floor((now - minutesAway * 60) / 60) * 60
        const asked = new Set<number>()
        const since = taken
        for (let range = nextRange(taken, now, settings); range; range = nextRange(taken, now, settings)) {
          for (let at = range.first; at <= range.last; at += range.step)
            for (let minute = at - range.step; minute < at; minute += 60) asked.add(minute)
          taken = range.last
        }
        for (let minute = since; minute < taken; minute += 60) if (!asked.has(minute)) return false
        return taken === 500_000 * hour + 1_140 || minutesAway <= 2
      }),
    )
  })

  it('what is rounded is not lost: the sum of whole calls is the sum of the rates', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { minLength: 1, maxLength: 60 }), (rates) => {
        const range = { first: 60, last: 60 * rates.length, step: 60, window: '2m' }
        const counts = wholeCalls(new Map(rates.map((rate, n) => [60 * (n + 1), rate])), range)
        const sum = rates.reduce((all, rate) => all + rate * 60, 0)
        const given = [...counts.values()].reduce((all, calls) => all + calls, 0)
        return Math.abs(sum - given) <= 0.5 + 1e-6 && [...counts.values()].every((calls) => Number.isInteger(calls) && calls >= 0)
      }),
    )
  })
})

describe('the configuration', () => {
  const base = `
gateway:
  upstream: http://127.0.0.1:9
  upstream_audience: test
  routes: [{ method: GET, path: /v1/reports, scope: 'reports:read' }]
  presets: { read_only: ['reports:read'] }
directory: { connector: { url: 'http://127.0.0.1:9', audience: test } }
`
  it('a query that does not say where its window is, is refused', () => {
    const text = (query: string) =>
      `${base}health: { prometheus: { url: 'https://p.example', calls_query: '${query}', errors_query: 'rate(x[$window])' } }`
    expect(() => parseConfig(text('rate(x[1m])'), 'test')).toThrow(/must hold \[\$window\]/)
    expect(parseConfig(text('rate(x[$window])'), 'test').health.prometheus).toMatchObject({ tenant_label: 'tenant_id', delay_seconds: 60 })
  })
})

describeUnless(whyNoPrometheus(), 'C8 a real Prometheus', () => {
  let prometheus: PrometheusServer
  const minuteNow = Math.floor(Date.now() / 60_000) * 60
  const beganAt = minuteNow - 40 * 3_600

  beforeAll(async () => {
    // Two tenants for 40 hours, scraped every 30 seconds; the counters begin again ten hours ago.
    const lines = ['# TYPE calls counter']
    for (const [tenant, code, perScrape] of [
      ['ten_a', '200', 5],
      ['ten_a', '503', 1],
      ['ten_b', '200', 1],
    ] as const) {
      let total = 0
      for (let at = beganAt; at <= minuteNow; at += 30) {
        total = at === minuteNow - 10 * 3_600 ? perScrape : total + perScrape
        lines.push(`calls_total{tenant_id="${tenant}",code="${code}"} ${total} ${at}`)
      }
    }
    prometheus = await startPrometheusServer(`${lines.join('\n')}\n# EOF\n`)
  }, 120_000)
  afterAll(() => prometheus?.remove())

  it('a week back at first, each minute once, through a reset of the counters', async () => {
    begin(prometheus.url)
    await until(isCaughtUp, 90)
    for (const { tenant_id, rows, calls, errors, most } of await totals('health_minutes')) {
      const perMinute = tenant_id === 'ten_a' ? 12 : 2
      expect(rows).toBeGreaterThan(26 * 60)
      expect(Math.abs(calls - rows * perMinute)).toBeLessThanOrEqual(perMinute * 2)
      expect(Math.abs(errors - (tenant_id === 'ten_a' ? rows * 2 : 0))).toBeLessThanOrEqual(4)
      expect(most).toBeLessThanOrEqual(perMinute + 1)
    }
    const hours = await totals('health_hours')
    expect(hours.map(({ tenant_id }) => tenant_id)).toEqual(['ten_a', 'ten_b'])
    for (const { tenant_id, rows, calls } of hours) {
      expect(rows).toBeGreaterThan(13)
      expect(Math.abs(calls - (tenant_id === 'ten_a' ? 720 : 120) * 13.5)).toBeLessThan(tenant_id === 'ten_a' ? 720 : 120)
    }
  }, 120_000)

  it('no gap after an outage of it, nor of ours, and nothing twice', async () => {
    const first = begin(prometheus.url)
    await until(async () => (await totals('health_hours')).length > 0, 60)
    await prometheus.stop()
    await until(async () => first.status().state === 'failing', 60)
    expect(first.status().last_error).toMatch(/^Prometheus: (nothing accepts|it broke off|it was not asked)/)
    await first.stop()
    loops.splice(0)
    await prometheus.start()
    // Two at once: one is elected.
    begin(prometheus.url)
    begin(prometheus.url)
    await until(isCaughtUp, 90)
    const [a] = await totals('health_minutes')
    const { rows: gaps } = await sql<{ gap: number }>`
      select extract(epoch from lead(minute) over (order by minute) - minute)::int as gap from health_minutes join tenant_health using (n)
      where tenant_id = 'ten_a'`.execute(database.store.db)
    expect(new Set(gaps.map(({ gap }) => gap).filter((gap) => gap !== null))).toEqual(new Set([60]))
    expect(Math.abs((a?.calls ?? 0) - (a?.rows ?? 0) * 12)).toBeLessThanOrEqual(24)
  }, 180_000)
})

describe('DL-6 a Prometheus that is not to be believed', () => {
  let server: Server
  let url = ''
  let answer: (query: URLSearchParams) => { status?: number; headers?: Record<string, string>; body: string }
  const asked: { target: string; authorization: string | undefined }[] = []
  const matrix = (result: object[]) => ({ body: JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }) })
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push({ target: request.url ?? '', authorization: request.headers.authorization })
      const { status = 200, headers, body } = answer(new URL(request.url ?? '', 'http://x').searchParams)
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())

  const causes = async () => {
    const rows = await database.store.db.selectFrom('signal_counts').select(['cause']).execute()
    return rows.map(({ cause }) => cause).sort()
  }

  it('NaN, infinities, negative and huge values, no tenant and odd ones are left out and counted; HTML is a name', async () => {
    answer = (query) => {
      const at = Number(query.get('end'))
      if (query.get('query')?.includes('5..')) return matrix([])
      const row = (tenant_id: string | undefined, value: string) => ({
        metric: tenant_id === undefined ? {} : { tenant_id },
        values: [[at, value]],
      })
      return matrix([
        ...['NaN', '+Inf', '-Inf', '-1', '1e18', '1e400'].map((value) => row('ten_a', value)),
        ...[row('ten_b', '2'), row(undefined, '5'), row('a tenant', '5'), row('x'.repeat(65_536), '5'), row('<b>x</b>', '1')],
      ])
    }
    begin(`${url}/prefix/`, { token_env: 'TOKEN' })
    await until(isCaughtUp, 60)
    await until(async () => (await causes()).includes('bad_tenant'), 30)
    expect(await causes()).toEqual(['accepted', 'bad_tenant', 'negative', 'no_tenant', 'not_a_number', 'too_large', 'unknown'])
    expect((await totals('health_minutes')).every(({ most }) => [0, 120].includes(most))).toBe(true)
    expect(
      asked.every(({ target, authorization }) => target.startsWith('/prefix/api/v1/query_range?') && authorization === 'Bearer secret'),
    ).toBe(true)
    const unknown = await database.store.db.selectFrom('signal_unknown').select('tenant_id').distinct().execute()
    expect(unknown).toEqual([{ tenant_id: '<b>x</b>' }])
  }, 90_000)

  it.each<[string, () => ReturnType<typeof answer>]>([
    ['a redirect', () => ({ status: 302, headers: { location: 'http://127.0.0.1:9/' }, body: '' })],
    ['HTML', () => ({ headers: { 'content-type': 'text/html' }, body: '<html>' })],
    ['no JSON', () => ({ body: '{' })],
    ['a vector', () => ({ body: '{"status":"success","data":{"resultType":"vector","result":[]}}' })],
    ['an error of the query', () => ({ status: 400, body: '{"status":"error","errorType":"bad_data","error":"<b>"}' })],
    ['33 MB', () => ({ body: ' '.repeat(33_000_000) })],
    ['503', () => ({ status: 503, body: '{}' })],
  ])(
    '%s: it fails, says so, and takes nothing',
    async (_name, make) => {
      answer = make
      const loop = begin(url)
      await until(async () => loop.status().state === 'failing', 30)
      expect(loop.status().last_error).toMatch(/^Prometheus: /)
      expect(loop.status().last_error).not.toContain('<b>')
      expect(await cursor()).toBeUndefined()
    },
    60_000,
  )
})
