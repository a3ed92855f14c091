import { randomUUID } from 'node:crypto'

/** One answered request of a tenant. */
export type Answered = { tenantId: string; method: string; route: string; status: number; seconds: number }

export type Meter = { record(answered: Answered): void; stop(): Promise<void> }

export const noMeter: Meter = { record: () => {}, stop: async () => {} }

const exportEveryMs = 5_000

/**
 * The OpenTelemetry SDK, as any product has it, sending to Countersign. The one thing that is not usual is `tenant.id`. Loaded only
 * where it is used: it takes a while.
 */
export async function startMeter({ url, key }: { url: string; key: string }): Promise<Meter> {
  const [{ MeterProvider, PeriodicExportingMetricReader }, { OTLPMetricExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/sdk-metrics'),
    import('@opentelemetry/exporter-metrics-otlp-proto'),
    import('@opentelemetry/resources'),
  ])
  const exporter = new OTLPMetricExporter({ url: `${url}/otlp/v1/metrics`, headers: { 'x-api-key': key }, timeoutMillis: 4_000 })
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': 'acme-attest', 'service.instance.id': randomUUID() }),
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: exportEveryMs, exportTimeoutMillis: 4_500 })],
  })
  const duration = provider.getMeter('acme-attest').createHistogram('http.server.request.duration', {
    unit: 's',
    advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] },
  })
  return {
    record: ({ tenantId, method, route, status, seconds }) =>
      duration.record(seconds, {
        'tenant.id': tenantId,
        'http.request.method': method,
        'http.route': route,
        'http.response.status_code': status,
      }),
    // The last export may find nobody there.
    stop: () => provider.shutdown({ timeoutMillis: 500 }).catch(() => {}),
  }
}
