import type { Insights } from '@countersign/contract/insights.ts'
import { Link } from '@tanstack/react-router'
import { paths } from '../../paths.ts'
import { Bars } from '../../ui/Bars.tsx'
import { Card } from '../../ui/Card.tsx'
import { formatNumber } from '../../ui/format.ts'
import { formatWeekShort } from './words.ts'

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)

/** What the attempts that were refused lacked: where people are stopped most. */
export function Gates({ of: { gates, weeks } }: { of: Insights }) {
  const [first, last] = [weeks[0], weeks.at(-1)]
  return (
    <Card
      title="What refused attempts lacked"
      aside={
        first && last && gates.length > 0 ? (
          <Link
            {...paths.audit({ result: 'deny', from: first.from, to: last.to })}
            className="font-medium text-accent text-xs hover:underline"
          >
            All refusals
          </Link>
        ) : undefined
      }
    >
      {gates.length === 0 ? <p className="text-faint text-sm">Nothing was refused in these weeks.</p> : null}
      <ul className="flex flex-col gap-3">
        {gates.map(({ gate, counts }) => (
          <li key={gate} className="grid grid-cols-[minmax(0,1fr)_48px_minmax(96px,40%)] items-end gap-3 text-sm">
            <span className="id wrap-anywhere">{gate}</span>
            <span className="text-right font-medium nums">{formatNumber(sum(counts))}</span>
            <span className="[&>svg]:h-6">
              <Bars
                isLastOpen
                bars={counts.map((value, at) => {
                  const { from = '' } = weeks[at] ?? {}
                  return { key: from, value, tip: `Week of ${formatWeekShort(from)}: ${formatNumber(value)}` }
                })}
              />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  )
}
