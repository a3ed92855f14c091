import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AggregationTemporalityPreference, OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtoExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type SignalRig, startSignalRig } from './signals-rig.ts'

/*
 * The OpenTelemetry SDK of npm sends to the real doors: what was called is what is written.
 */

let rig: SignalRig
beforeAll(async () => {
  rig = await startSignalRig()
})
afterAll(() => rig?.close())
beforeEach(async () => {
  await rig.state()
  await rig.asSuperuser('truncate health_minutes, signal_points, signal_counts; delete from signal_sources')
})

const temporalities = { cumulative: AggregationTemporalityPreference.CUMULATIVE, delta: AggregationTemporalityPreference.DELTA }
type Options = {
  temporality?: keyof typeof temporalities
  form?: 'protobuf' | 'json'
  isExponential?: boolean
  metric?: string
  unit?: string
  instance?: string
  url?: string
  attribute?: 'point' | 'resource'
}

/** One process of a product, as far as it is heard. */
const startProcess = (options: Options = {}) => {
  const { temporality = 'cumulative', form = 'protobuf', isExponential, metric = 'http.server.request.duration', unit = 's' } = options
  const Exporter = form === 'json' ? JsonExporter : ProtoExporter
  const exporter = new Exporter({
    url: options.url ?? `${rig.console_url}/otlp/v1/metrics`,
    headers: { 'x-api-key': rig.key },
    compression: 'gzip' as never,
    temporalityPreference: temporalities[temporality],
    timeoutMillis: 5_000,
  })
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000, exportTimeoutMillis: 6_000 })
  const provider = new MeterProvider({
    resource: resourceFromAttributes({
      'service.name': 'shop',
      ...(options.instance === undefined ? {} : { 'service.instance.id': options.instance }),
      ...(options.attribute === 'resource' ? { 'tenant.id': rig.tenant } : {}),
    }),
    readers: [reader],
    ...(isExponential
      ? { views: [{ instrumentName: metric, aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM as const } }] }
      : {}),
  })
  const duration = provider.getMeter('test').createHistogram(metric, { unit, advice: { explicitBucketBoundaries: [0.005, 0.1, 1] } })
  return {
    call: (times: number, status = 200, seconds = 0.05, tenant = rig.tenant) => {
      for (let n = 0; n < times; n++)
        duration.record(unit === 's' ? seconds : seconds * 1_000, {
          'http.request.method': 'GET',
          'http.route': '/v1/things/:id',
          'http.response.status_code': status,
          ...(options.attribute === 'resource' ? {} : { 'tenant.id': tenant }),
        })
    },
    flush: () => reader.forceFlush(),
    stop: () => provider.shutdown(),
  }
}

describe('DL-6 an OpenTelemetry SDK', () => {
  for (const temporality of ['cumulative', 'delta'] as const)
    for (const form of ['protobuf', 'json'] as const)
      for (const isExponential of [false, true])
        it(`${temporality}, ${form}${isExponential ? ', exponential' : ''}: what was called is what is written`, async () => {
          const process = startProcess({ temporality, form, isExponential, instance: 'one' })
          process.call(40)
          process.call(3, 503, 2)
          await process.flush()
          expect(await rig.total()).toEqual({ calls: 43, errors: 3 })
          await process.flush()
          process.call(7)
          process.call(1, 500)
          await process.flush()
          await process.stop()
          expect(await rig.total()).toEqual({ calls: 51, errors: 4 })
          const rows = (await rig.asSuperuser('select routes, latency from health_minutes')) as {
            routes: [string, string, number, number][]
            latency: [number, number | null, number][]
          }[]
          const failed = rows.flatMap(({ routes }) => routes ?? [])
          expect(failed.reduce((sum, [, , , calls]) => sum + calls, 0)).toBe(4)
          expect(failed[0]?.slice(0, 2)).toEqual(['GET', '/v1/things/:id'])
          const latency = rows.flatMap(({ latency }) => latency ?? [])
          expect(latency.reduce((sum, [, , calls]) => sum + calls, 0)).toBe(51)
          expect(latency.filter(([, upper]) => upper === null || upper > 1_000).reduce((sum, [, , calls]) => sum + calls, 0)).toBe(3)
        })

  it('an exporter that is restarted in the middle loses nothing and counts nothing twice, under the same instance or another', async () => {
    for (const [run, instance] of ['same', 'same', 'other'].entries()) {
      const process = startProcess({ instance })
      process.call(10 + run)
      await process.flush()
      process.call(5, 500)
      await process.stop()
    }
    expect(await rig.total()).toEqual({ calls: 48, errors: 15 })
  })

  it('two processes that go by one name are told apart by when they began', async () => {
    const [one, two] = [startProcess(), startProcess()]
    for (let round = 1; round <= 3; round++) {
      one.call(10)
      await one.flush()
      two.call(1)
      await two.flush()
    }
    await Promise.all([one.stop(), two.stop()])
    expect(await rig.total()).toEqual({ calls: 33, errors: 0 })
    expect((await rig.state()).sources).toHaveLength(1)
  })

  it('the older metric in milliseconds, and a tenant that is an attribute of the resource', async () => {
    const process = startProcess({ metric: 'http.server.duration', unit: 'ms', attribute: 'resource' })
    process.call(4, 500)
    await process.stop()
    expect(await rig.total()).toEqual({ calls: 4, errors: 4 })
  })

  it('an outage of ours costs a cumulative exporter nothing', async () => {
    const process = startProcess({ instance: 'patient' })
    process.call(10)
    await process.flush()
    const wrong = await rig.asSuperuser(`update ingest_keys set expires_at = now() returning id`)
    expect(wrong).toHaveLength(1)
    process.call(10)
    await process.flush().catch(() => {})
    expect(await rig.total()).toEqual({ calls: 10, errors: 0 })
    await rig.asSuperuser('update ingest_keys set expires_at = null')
    process.call(1)
    await process.stop()
    expect(await rig.total()).toEqual({ calls: 21, errors: 0 })
  })

  it('points without a tenant, and tenants that are unknown, are counted and told', async () => {
    const process = startProcess()
    process.call(2, 200, 0.1, '')
    process.call(3, 200, 0.1, 'ten_nobody')
    process.call(1)
    await process.stop()
    expect(await rig.total()).toEqual({ calls: 1, errors: 0 })
    const state = await rig.state()
    expect(state.last_24h).toMatchObject({ accepted: 1, unknown: 1, refused: [{ cause: 'no_tenant', count: 1 }] })
    expect(state.unknown_tenants).toMatchObject([{ tenant_id: 'ten_nobody', minutes: 1 }])
  })
})

type Json = { resourceMetrics: { scopeMetrics: { metrics: { histogram: { dataPoints: Record<string, unknown>[] } }[] }[] }[] }
const pointsOf = (body: Json) =>
  body.resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) => metrics.flatMap(({ histogram }) => histogram.dataPoints)),
  )

/** What the SDK would send in an hour of each of 24, if it ran for a day: its own bodies, with their instants moved. */
const recordDay = async (temporality: 'cumulative' | 'delta'): Promise<Json[]> => {
  const bodies: Json[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part) => parts.push(part))
    request.on('end', async () => {
      const { gunzipSync } = await import('node:zlib')
      bodies.push(JSON.parse(gunzipSync(Buffer.concat(parts)).toString()) as Json)
      response.setHeader('content-type', 'application/json').end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const process = startProcess({
    temporality,
    form: 'json',
    instance: 'day',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  })
  for (let hour = 0; hour < 24; hour++) {
    process.call(10)
    process.call(1, 500)
    await process.flush()
  }
  server.close()
  server.closeAllConnections()
  await process.stop().catch(() => {})
  const now = Date.now() - 60_000
  return bodies.slice(0, 24).map((body, hour) => {
    const at = BigInt(now - (23 - hour) * 3_600_000) * 1_000_000n
    const start = BigInt(now - 24 * 3_600_000) * 1_000_000n
    for (const point of pointsOf(body)) {
      point.startTimeUnixNano = String(temporality === 'delta' ? at - 3_600_000_000_000n : start)
      point.timeUnixNano = String(at)
    }
    return body
  })
}

describe('DL-6 24 hours of points, late and out of order', () => {
  it.each(['cumulative', 'delta'] as const)('%s: backwards, twice, and all in one', async (temporality) => {
    const day = await recordDay(temporality)
    const send = (body: unknown) => rig.post('/otlp/v1/metrics', body as object)
    for (const body of day.toReversed()) expect(await send(body)).toEqual({ status: 200, body: {} })
    // Of a process that had run before it was heard: when what came first was counted, nobody knows, unless earlier points tell.
    expect((await rig.total()).calls).toBe(temporality === 'delta' ? 24 * 11 : 23 * 11)
    const minutes = await rig.minutes()
    expect(minutes.every(({ calls, errors }) => calls === 11 && errors === 1)).toBe(true)
    for (const body of [...day, ...day.toReversed()]) await send(body)
    await send({ resourceMetrics: day.flatMap(({ resourceMetrics }) => resourceMetrics) })
    expect(await rig.minutes()).toEqual(minutes)
  })

  it('points older than 24 hours, and a year ahead, are left out and told', async () => {
    const [body] = await recordDay('delta')
    const hours = (n: number) => String(BigInt(Date.now() - n * 3_600_000) * 1_000_000n)
    const points = pointsOf(body as Json)
    ;(points[0] as Record<string, unknown>).timeUnixNano = hours(24.1)
    ;(points[1] as Record<string, unknown>).timeUnixNano = hours(-365 * 24)
    const answer = await rig.post('/otlp/v1/metrics', body as object)
    expect(answer.status).toBe(200)
    expect(answer.body.partialSuccess).toMatchObject({
      rejectedDataPoints: '2',
      errorMessage: expect.stringMatching(/too_old.*future|future.*too_old/s),
    })
    expect(await rig.total()).toEqual({ calls: 0, errors: 0 })
    expect((await rig.state()).last_24h.refused.map(({ cause }) => cause).sort()).toEqual(['future', 'too_old'])
  })
})
