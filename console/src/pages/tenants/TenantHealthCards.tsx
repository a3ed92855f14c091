import type { TenantHealth } from '@countersign/contract/health.ts'
import type { ReactNode } from 'react'
import { HealthBadge } from '../../ui/Badge.tsx'
import { formatNumber, plural } from '../../ui/format.ts'
import { Since, Time } from '../../ui/Time.tsx'
import { formatRate } from './rate.ts'

/** Health with its causes, last seen, API calls, error rate (C24). */
export function TenantHealthCards({ of, failed }: { of: TenantHealth | undefined; failed: boolean }) {
  if (!of) return <Placeholder failed={failed} />
  const { health, traffic, signals } = of
  const baseline = health.causes.find((cause) => cause.baseline !== null)?.baseline ?? null
  return (
    <div className={gridClass}>
      <HealthCard health={health} />
      <Fact label="Last seen" value={traffic.last_call_at ? <Time at={traffic.last_call_at} /> : 'unknown'}>
        {signals.state === 'none' ? 'no source has sent anything' : traffic.last_call_at ? 'minute of the last call' : 'no call is known'}
      </Fact>
      <Fact label="API calls" value={traffic.last_call_at === null && traffic.calls_24h === 0 ? '—' : formatNumber(traffic.calls_24h)}>
        in 24 h{baseline === null ? '' : `, ${formatNumber(Math.round(baseline))} a day before`}
      </Fact>
      <Fact label="Error rate" value={formatRate(traffic.error_rate)}>
        {traffic.error_rate === null ? 'too few calls in 24 h' : `${plural(traffic.errors_24h, 'error')} in 24 h`}
      </Fact>
    </div>
  )
}

const gridClass = 'grid grid-cols-1 gap-3 sm:grid-cols-3 lg:grid-cols-[minmax(0,2.2fr)_repeat(3,minmax(0,1fr))]'
const cardClass = 'flex min-w-0 flex-col gap-1 rounded-lg border border-line bg-panel px-4 py-3'

function HealthCard({ health }: Pick<TenantHealth, 'health'>) {
  return (
    <section aria-label="Health" className={`${cardClass} sm:max-lg:col-span-3`}>
      <span className="flex flex-wrap items-center gap-2 text-sm">
        <span className="text-faint">Health</span>
        <HealthBadge status={health.status} />
        <span className="text-faint text-xs">
          <Since at={health.since} />
        </span>
      </span>
      <ul className="flex flex-col gap-0.5 text-sm">
        {health.causes.map((cause) => (
          <li key={cause.rule} className="wrap-anywhere">
            {cause.sentence}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Fact({ label, value, children }: { label: string; value: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={label} className={`${cardClass} max-sm:flex-row max-sm:flex-wrap max-sm:items-baseline`}>
      <span className="text-faint text-sm max-sm:w-24">{label}</span>
      <span className="font-semibold text-xl nums max-sm:text-base">{value}</span>
      <span className="text-faint text-xs nums">{children}</span>
    </section>
  )
}

function Placeholder({ failed }: { failed: boolean }) {
  return (
    <div className={gridClass} aria-busy={!failed}>
      {['Health', 'Last seen', 'API calls', 'Error rate'].map((label) => (
        <section key={label} aria-label={label} className={`${cardClass} ${label === 'Health' ? 'sm:max-lg:col-span-3' : ''}`}>
          <span className="text-faint text-sm">{label}</span>
          <span className="font-semibold text-xl">{failed ? '–' : <span className="skeleton my-0.5 block h-6 w-20" />}</span>
        </section>
      ))}
    </div>
  )
}
