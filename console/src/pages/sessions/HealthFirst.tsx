import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { tenantHealthQuery } from '../../api/health.ts'
import { paths } from '../../paths.ts'
import { HealthBadge } from '../../ui/Badge.tsx'
import { formatNumber } from '../../ui/format.ts'
import { Time } from '../../ui/Time.tsx'
import { formatRate } from '../tenants/rate.ts'

type Props = { tenantId: string; onLeave: () => void }

/** How the tenant is, with the causes, before access is taken (C34). */
export function HealthFirst({ tenantId, onLeave }: Props) {
  const { data, error } = useQuery(tenantHealthQuery(tenantId))
  if (error && !data) return <p className="text-faint text-sm">The tenant's health could not be read: {error.message}</p>
  return (
    <section aria-label="Health of the tenant" className="flex flex-col gap-1 rounded-md border border-line bg-page px-3 py-2 text-sm">
      {data ? (
        <>
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <HealthBadge status={data.health.status} />
            <span className="text-soft nums">
              {formatNumber(data.traffic.calls_24h)} calls in 24 h · errors {formatRate(data.traffic.error_rate)} · last call{' '}
              {data.traffic.last_call_at ? <Time at={data.traffic.last_call_at} /> : 'unknown'}
            </span>
            <Link
              {...paths.tenant(tenantId)}
              onClick={onLeave}
              data-tip="Answers many questions without access"
              className="font-medium text-accent text-xs hover:underline sm:ml-auto"
            >
              failing routes and the last 7 days
            </Link>
          </div>
          <ul className="flex flex-col gap-0.5">
            {data.health.causes.map((cause) => (
              <li key={cause.rule}>{cause.sentence}</li>
            ))}
          </ul>
        </>
      ) : (
        <span role="status" className="skeleton my-1 h-10">
          <span className="sr-only">Loading the tenant's health</span>
        </span>
      )}
    </section>
  )
}
