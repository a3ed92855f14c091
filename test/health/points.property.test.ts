import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newCounts } from '../../server/src/health/ingest/counts.ts'
import { exportMetrics } from '../../server/src/health/ingest/otlp/export-metrics.ts'
import { keepPartitions } from '../../server/src/health/partitions.ts'
import { newDatabase, type TestDatabase } from '../support/database.ts'
import { addTenants } from './rig.ts'

/*
 * Processes of a product are simulated: each calls, exports and restarts as drawn. Whatever way their points come, what is written
 * is what was called, minute by minute.
 */

let database: TestDatabase
beforeAll(async () => {
  database = await newDatabase()
  await addTenants(database.store, [{ id: 'ten_a' }, { id: 'ten_b' }])
  await keepPartitions(database.store)
})
afterAll(() => database?.close())

type DataPoint = Record<string, unknown>
type Sent = { source: string; temporality: number; point: DataPoint }
type Step = { gap: number; calls: [number, number, number, number]; restart: boolean; moves: boolean }

const tenants = ['ten_a', 'ten_b'] as const
const statuses = [200, 500] as const
const nano = (us: number) => `${us}000`

/** The points of one process, and what it called by tenant and minute. */
const simulate = (source: string, steps: readonly Step[], isDelta: boolean, beginUs: number) => {
  const sent: Sent[] = []
  const called = new Map<string, { calls: number; errors: number }>()
  let startedUs = beginUs
  let atUs = beginUs
  let lastUs = beginUs
  let totals = [0, 0, 0, 0]
  for (const { gap, calls, restart, moves } of steps) {
    if (restart) {
      // Who does not say that it began again is only seen to fall.
      totals = totals.map((total, n) => (moves || (calls[n] as number) < total ? 0 : total))
      startedUs = moves ? atUs + 1 : startedUs
    }
    atUs += gap * 1_000_000
    const minute = Math.floor((atUs - 1) / 60e6)
    for (const [n, more] of calls.entries()) {
      const [tenant, status] = [tenants[n >> 1] as string, statuses[n & 1] as number]
      totals[n] = (totals[n] as number) + more
      const key = `${minute} ${tenant}`
      const sum = called.get(key) ?? { calls: 0, errors: 0 }
      called.set(key, { calls: sum.calls + more, errors: sum.errors + (status === 500 ? more : 0) })
      sent.push({
        source,
        temporality: isDelta ? 1 : 2,
        point: {
          attributes: [
            { key: 'tenant.id', value: { stringValue: tenant } },
            { key: 'http.response.status_code', value: { intValue: String(status) } },
          ],
          startTimeUnixNano: nano(isDelta ? lastUs : startedUs),
          timeUnixNano: nano(atUs),
          count: String(isDelta ? more : totals[n]),
          bucketCounts: [String(isDelta ? more : totals[n]), '0'],
          explicitBounds: [0.1],
        },
      })
    }
    lastUs = atUs
  }
  return { sent, called }
}

const bodyOf = (sent: readonly Sent[]): Buffer =>
  Buffer.from(
    JSON.stringify({
      resourceMetrics: sent.map(({ source, temporality, point }) => ({
        resource: { attributes: [{ key: 'service.instance.id', value: { stringValue: source } }] },
        scopeMetrics: [
          {
            metrics: [
              { name: 'http.server.request.duration', unit: 's', histogram: { aggregationTemporality: temporality, dataPoints: [point] } },
            ],
          },
        ],
      })),
    }),
  )

const take = (sent: readonly Sent[]) =>
  exportMetrics(
    {
      ...{
        store: database.store,
        journal: database.journal,
        counts: newCounts(),
        settings: { tenant_attribute: 'tenant.id', errors: 500 },
      },
      principal: { kind: 'ingest', id: null as never },
    },
    { form: 'json', body: bodyOf(sent) },
  )

const written = async () => {
  const { rows } = await sql<{ key: string; calls: number; errors: number; timed: number }>`
    select floor(extract(epoch from minute) / 60)::bigint || ' ' || tenant_id as key, sum(calls)::int as calls, sum(errors)::int as errors,
      sum((select coalesce(sum((b ->> 2)::int), 0) from jsonb_array_elements(latency) b))::int as timed
    from health_minutes join tenant_health using (n) group by 1 having sum(calls) > 0`.execute(database.store.db)
  return new Map(rows.map(({ key, ...counted }) => [key, counted]))
}

const step = fc.record({
  gap: fc.constantFrom(1, 15, 59, 60, 61, 600),
  calls: fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 3 }), fc.nat({ max: 2 }), fc.nat({ max: 1 })),
  restart: fc.boolean(),
  moves: fc.boolean(),
})
const process = fc.record({ steps: fc.array(step, { minLength: 1, maxLength: 8 }), isDelta: fc.boolean() })

describe('DL-6 what is written follows from the points alone', () => {
  it('any order, duplication, splitting and batching of the points of any processes gives what was called', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(process, { minLength: 1, maxLength: 3 }),
        fc.infiniteStream(fc.nat({ max: 1_000_000 })),
        async (processes, random) => {
          await sql`truncate health_minutes, signal_points`.execute(await owner())
          await sql`delete from signal_sources`.execute(database.store.db)
          const next = () => random.next().value as number
          const beginUs = Math.floor(Date.now() / 60_000) * 60e6 - 3 * 3_600e6
          const all = processes.map(({ steps, isDelta }, n) => simulate(`process ${n}`, steps, isDelta, beginUs))
          const expected = new Map<string, { calls: number; errors: number; timed: number }>()
          for (const [key, { calls, errors }] of all.flatMap(({ called }) => [...called])) {
            if (calls === 0) continue
            const sum = expected.get(key) ?? { calls: 0, errors: 0, timed: 0 }
            expected.set(key, { calls: sum.calls + calls, errors: sum.errors + errors, timed: sum.timed + calls })
          }
          const points = all.flatMap(({ sent }) => sent)
          // Each at least once, some again, in any order.
          const bag = [...points, ...points.filter(() => next() % 3 === 0)]
            .map((sent) => ({ sent, at: next() }))
            .sort((a, b) => a.at - b.at)
          const batches: Sent[][] = []
          while (bag.length > 0) batches.push(bag.splice(0, 1 + (next() % 20)).map(({ sent }) => sent))
          // Two instances at once.
          for (let n = 0; n < batches.length; n += 2) await Promise.all(batches.slice(n, n + 2).map(take))
          expect(await written()).toEqual(expected)
        },
      ),
      { numRuns: 40 },
    )
  }, 240_000)
})

let ownerDb: Awaited<ReturnType<typeof openOwner>> | undefined
const openOwner = async () => {
  const { Kysely, PostgresDialect } = await import('kysely')
  const { default: pg } = await import('pg')
  return new Kysely<never>({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: database.ownerUrl, max: 1 }) }) })
}
const owner = async () => {
  ownerDb ??= await openOwner()
  return ownerDb
}
afterAll(() => ownerDb?.destroy())
