import type { HealthStatus, Overview } from '@countersign/contract/health.ts'
import clsx from 'clsx'
import type { ReactNode } from 'react'
import { HealthWord } from '../../ui/Badge.tsx'
import { formatNumber } from '../../ui/format.ts'

type Cards = Overview['cards']
type Props = {
  /** Undefined while they are being read, null where that failed. */
  cards: Cards | undefined | null
  chosen: HealthStatus | undefined
  onChoose: (status: HealthStatus | undefined) => void
}

/** Total, healthy, warning, critical: what there is, and the filter by it (C3–C7). Unknown is named beside the total. */
export function HealthCards({ cards, chosen, onChoose }: Props) {
  const toggle = (status: HealthStatus) => onChoose(chosen === status ? undefined : status)
  return (
    <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
      <div className={clsx(cardClass(chosen === 'unknown'), 'flex items-stretch justify-between')}>
        <button
          type="button"
          aria-pressed={chosen === undefined}
          onClick={() => onChoose(undefined)}
          className={`${insideClass} flex-1 rounded-l-lg`}
        >
          <span className="text-sm">
            Total<span className="max-lg:sr-only"> tenants</span>
          </span>
          <Figure of={cards?.total} failed={cards === null} />
        </button>
        <button
          type="button"
          aria-pressed={chosen === 'unknown'}
          onClick={() => toggle('unknown')}
          className={`${insideClass} shrink-0 items-end rounded-r-lg border-line border-l`}
        >
          <span className="text-sm">
            <HealthWord status="unknown" />
          </span>
          <Figure of={cards?.unknown} failed={cards === null} small />
        </button>
      </div>
      {(['healthy', 'warning', 'critical'] as const).map((status) => (
        <button
          key={status}
          type="button"
          aria-pressed={chosen === status}
          onClick={() => toggle(status)}
          className={clsx(cardClass(chosen === status), insideClass)}
        >
          <span className="text-sm">
            <HealthWord status={status} />
          </span>
          <Figure of={cards?.[status]} failed={cards === null} />
        </button>
      ))}
    </div>
  )
}

const cardClass = (isChosen: boolean) =>
  clsx(
    'rounded-lg border bg-panel transition-colors',
    isChosen ? 'border-accent inset-ring inset-ring-accent' : 'border-line hover:border-edge',
  )
const insideClass = 'flex min-w-0 flex-col gap-0.5 px-4 py-2.5 text-left max-sm:px-3'

function Figure({ of, failed, small = false }: { of: number | undefined; failed: boolean; small?: boolean }): ReactNode {
  return (
    <span className={clsx('font-semibold nums', small ? 'text-lg text-soft leading-7' : 'text-xl')}>
      {failed ? '–' : of === undefined ? <span className="skeleton my-0.5 block h-6 w-12" /> : formatNumber(of)}
    </span>
  )
}
