import type { TenantHealth } from '@countersign/contract/health.ts'
import { Suspense } from 'react'
import { HealthBadge } from '../../ui/Badge.tsx'
import { Card } from '../../ui/Card.tsx'
import { formatDuration, formatNumber, formatShortDay, formatTimeOfDay } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { lazyPart, notLoaded } from '../../ui/lazyPart.tsx'
import { Segments } from '../../ui/Segments.tsx'
import { FailureNote } from '../../ui/States.tsx'
import { useZone } from '../../ui/zone.ts'
import { formatRate } from './rate.ts'

const TrafficChart = lazyPart(
  async () => (await import('../../ui/TrafficChart.tsx')).TrafficChart,
  ({ onRetry }) => <FailureNote error={notLoaded()} onRetry={onRetry} />,
)

export type Window = '24h' | '7d'
type Props = { of: TenantHealth; window: Window; onWindow: (window: Window) => void }

/** What the tenant's traffic did: the run of it, what failed most, and how its health changed. */
export function TenantTraffic({ of, window, onWindow }: Props) {
  const hasCalls = of.series.points.some(({ calls, errors }) => calls > 0 || errors > 0)
  return (
    <div className="flex flex-col gap-4">
      <Card
        title="API calls and errors"
        aside={
          <span className="flex flex-wrap items-center gap-3">
            {of.latency_ms ? (
              <span className="text-faint text-xs nums">
                p50 {formatDuration(of.latency_ms.p50)} · p95 {formatDuration(of.latency_ms.p95)}
              </span>
            ) : null}
            <Segments<Window>
              label="How far back"
              value={window}
              onChoose={onWindow}
              options={[
                { value: '24h', label: '24 h' },
                { value: '7d', label: '7 d' },
              ]}
            />
          </span>
        }
      >
        {hasCalls ? (
          <Suspense fallback={<div className="skeleton h-[228px]" />}>
            <TrafficChart series={of.series} />
          </Suspense>
        ) : (
          <p className="py-6 text-center text-faint text-sm">{whyEmpty(of, window)}</p>
        )}
      </Card>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Routes routes={of.routes} />
        <History history={of.history} />
      </div>
    </div>
  )
}

const whyEmpty = ({ signals }: TenantHealth, window: Window): string => {
  if (signals.state === 'none') return 'No source has sent any signal yet; the list of tenants says how to send some.'
  if (signals.state === 'stale') return 'No source has sent anything for a while.'
  return `No call is known in the last ${window === '24h' ? '24 hours' : '7 days'}.`
}

function Routes({ routes }: Pick<TenantHealth, 'routes'>) {
  return (
    <Card title="Top failing routes">
      {routes.length === 0 ? <p className="text-faint text-sm">No route failed, or the source reports none.</p> : null}
      {routes.length > 0 ? (
        <table className="w-full table-fixed text-sm">
          <thead className="text-faint text-xs">
            <tr>
              <th scope="col" className="pb-1.5 text-left font-medium">
                Route
              </th>
              <th scope="col" className="w-16 pb-1.5 text-right font-medium">
                Status
              </th>
              <th scope="col" className="w-20 pb-1.5 text-right font-medium">
                Errors
              </th>
              <th scope="col" className="w-18 pb-1.5 text-right font-medium">
                Of calls
              </th>
            </tr>
          </thead>
          <tbody>
            {routes.map(({ method, route, status, calls, errors }) => (
              <tr key={`${method} ${route} ${status}`} className="border-line border-t">
                <td className="py-1.5 pr-3">
                  <span data-tip={`${method ?? ''} ${route}`} data-cut className="id block truncate">
                    {method ? `${method} ` : ''}
                    <Inert text={route} />
                  </span>
                </td>
                <td className="py-1.5 text-right nums">{status ?? '–'}</td>
                <td className="py-1.5 text-right nums">{formatNumber(errors)}</td>
                <td className="py-1.5 text-right text-soft nums">{calls > 0 ? formatRate((errors / calls) * 100) : '—'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </Card>
  )
}

const historyMaximum = 8

function History({ history }: Pick<TenantHealth, 'history'>) {
  useZone()
  const more = history.length - historyMaximum
  return (
    <Card title="How its health changed" aside={<span className="text-faint text-xs">90 days</span>}>
      {history.length === 0 ? <p className="text-faint text-sm">No change is known.</p> : null}
      <ol className="flex flex-col gap-2 text-sm">
        {history.slice(0, historyMaximum).map(({ at, status, cause }) => (
          <li
            key={`${at} ${status}`}
            className="grid grid-cols-[96px_84px_minmax(0,1fr)] items-baseline gap-2 max-sm:grid-cols-[84px_minmax(0,1fr)]"
          >
            <time dateTime={at} data-tip-at={at} className="text-faint text-xs nums">
              {formatShortDay(at)}, {formatTimeOfDay(at).slice(0, 5)}
            </time>
            <span>
              <HealthBadge status={status} />
            </span>
            <span className="wrap-anywhere text-soft max-sm:col-span-2">{cause.sentence}</span>
          </li>
        ))}
      </ol>
      {more > 0 ? <p className="pt-2 text-faint text-xs">and {formatNumber(more)} before</p> : null}
    </Card>
  )
}
