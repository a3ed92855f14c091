/** The minute before this one, as the example has it. */
const minute = (): string => `${new Date(Date.now() - 60_000).toISOString().slice(0, 16)}:00Z`

/** PromQL, by tenant, of the metric that most exporters have. */
const rate = (which: string): string => `sum by (tenant_id) (rate(http_requests_total${which}[$window]))`

/** How signals can be sent, each ready to be copied. */
export const ways = (origin: string) =>
  [
    {
      name: 'OpenTelemetry',
      what: 'from an SDK or a collector',
      text: `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=${origin}/otlp/v1/metrics OTEL_EXPORTER_OTLP_METRICS_HEADERS=x-api-key=ci_live_…`,
    },
    {
      name: 'Prometheus',
      what: 'pulled by Countersign',
      text: `health: { prometheus: { url: https://prometheus.example.com, calls_query: '${rate('')}', errors_query: '${rate('{code=~"5.."}')}' } }`,
    },
    {
      name: 'Anything else',
      what: 'calls by tenant and minute',
      text: `curl ${origin}/v1/signals -H 'X-API-Key: ci_live_…' --json '{"source":"api-1","minutes":[{"tenant_id":"…","minute":"${minute()}","calls":120,"errors":3}]}'`,
    },
  ] as const
