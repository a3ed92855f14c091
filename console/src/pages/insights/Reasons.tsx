import type { InsightWeek } from '@countersign/contract/insights.ts'
import { Link } from '@tanstack/react-router'
import { paths } from '../../paths.ts'
import { Card } from '../../ui/Card.tsx'
import { formatNumber } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { formatWeek } from './words.ts'

/** Why sessions were opened, the newest week first. */
export function Reasons({ weeks }: { weeks: readonly InsightWeek[] }) {
  const told = weeks.filter(({ reasons }) => reasons.length > 0).toReversed()
  return (
    <Card title="Why sessions were opened">
      {told.length === 0 ? <p className="text-faint text-sm">No reason was given in these weeks, or none is kept.</p> : null}
      <div className="flex flex-col gap-4">
        {told.map(({ from, to, reasons }) => (
          <section key={from} aria-label={`Week of ${formatWeek(from)}`} className="flex flex-col gap-1.5">
            <Link
              {...paths.audit({ category: 'support_session', from, to })}
              className="w-max text-faint text-xs nums hover:text-accent hover:underline"
            >
              Week of {formatWeek(from)}
            </Link>
            <ol className="flex flex-col gap-1 text-sm">
              {reasons.map(({ reason, count }) => (
                <li key={reason} className="flex gap-3">
                  <span className="w-8 shrink-0 text-right font-medium nums">{formatNumber(count)}</span>
                  <Inert text={reason} className="wrap-anywhere line-clamp-2 min-w-0 text-left" />
                </li>
              ))}
            </ol>
          </section>
        ))}
      </div>
    </Card>
  )
}
