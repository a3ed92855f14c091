import { Card } from '../../ui/Card.tsx'
import { Code } from '../../ui/Code.tsx'
import { useWidth } from '../../ui/width.ts'

const ways = (origin: string) =>
  [
    {
      name: 'OpenTelemetry',
      what: 'from an SDK or a collector',
      text: `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=${origin}/otlp/v1/metrics OTEL_EXPORTER_OTLP_METRICS_HEADERS=x-api-key=ci_live_…`,
    },
    {
      name: 'Prometheus',
      what: 'pulled by Countersign',
      text: 'health: { prometheus: { url: https://prometheus.example.com } }',
    },
    {
      name: 'Anything else',
      what: 'calls by tenant and minute',
      text: `curl ${origin}/v1/signals -H 'X-API-Key: ci_live_…' --json '{"source":"api-1","minutes":[{"tenant_id":"…","minute":"${minute()}","calls":120,"errors":3}]}'`,
    },
  ] as const

/** The minute before this one, as the example has it. */
const minute = (): string => `${new Date(Date.now() - 60_000).toISOString().slice(0, 16)}:00Z`

/** Where no source has ever sent anything: what would be here, and how it comes. */
export function NoSignals() {
  const isPhone = useWidth() === 'phone'
  return (
    <Card title="No signals yet: health is unknown, and everything else works">
      <div className="flex flex-col gap-3 text-sm">
        <p className="max-w-[72ch] text-soft">
          Health is judged by each tenant's calls and errors, which only your product knows. Make a key with{' '}
          <code className="id">countersign ingest-keys create --name product</code>, then send them in one of these ways.
        </p>
        <dl className="flex flex-col gap-2">
          {ways(location.origin).map(({ name, what, text }) => (
            <div key={name} className="grid items-center gap-x-4 gap-y-1 md:grid-cols-[200px_minmax(0,1fr)]">
              <dt className="flex flex-col max-md:flex-row max-md:flex-wrap max-md:items-baseline max-md:gap-x-2">
                <span className="font-medium">{name}</span>
                <span className="text-faint text-xs">{what}</span>
              </dt>
              <dd className="min-w-0">
                <Code text={text} what={`Example for ${name}`} wrap={isPhone} />
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </Card>
  )
}
