import type { Insights, InsightWeek } from '@countersign/contract/insights.ts'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { ChartNoAxesColumn } from 'lucide-react'
import { insightsQuery } from '../../api/insights.ts'
import { type InsightSpan, insightSpans } from '../../paths.ts'
import { Bars } from '../../ui/Bars.tsx'
import { Card } from '../../ui/Card.tsx'
import { formatNumber } from '../../ui/format.ts'
import { Old } from '../../ui/Old.tsx'
import { Page } from '../../ui/Page.tsx'
import { Segments } from '../../ui/Segments.tsx'
import { Empty, FailureNote, Loading } from '../../ui/States.tsx'
import { Gates } from './Gates.tsx'
import { Reasons } from './Reasons.tsx'
import { Weeks } from './Weeks.tsx'
import { formatMinutes, formatWeekShort } from './words.ts'

const spanOptions = insightSpans.map((value) => ({ value, label: `${value} weeks` }))

/** What support did by week. Each number can be counted again in the audit, and leads there. */
export function InsightsPage() {
  const { weeks = '12' } = useSearch({ from: '/shell/insights' })
  const navigate = useNavigate({ from: '/insights' })
  const { dataUpdatedAt, data, error, refetch } = useQuery(insightsQuery(weeks))
  return (
    <Page
      readAt={dataUpdatedAt}
      title="Insights"
      state={<span className="text-faint text-sm">by week, from Monday 00:00 UTC</span>}
      acts={
        <Segments<InsightSpan>
          label="How far back"
          value={weeks}
          onChoose={(value) => void navigate({ search: { weeks: value === '12' ? undefined : value }, replace: true })}
          options={spanOptions}
        />
      }
    >
      {error && !data ? <FailureNote error={error} onRetry={() => void refetch()} /> : null}
      {data ? <Old error={error} readAt={dataUpdatedAt} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <Loading lines={6} /> : null}
      {data ? <Shown of={data} /> : null}
    </Page>
  )
}

const hasAny = ({ weeks }: Insights): boolean =>
  weeks.some((week) => week.opened_on_tenant + week.opened_on_user + week.avoided + week.denied + week.decided > 0)

function Shown({ of }: { of: Insights }) {
  if (!hasAny(of))
    return (
      <Empty icon={ChartNoAxesColumn} title="Nothing has been counted yet">
        Sessions that are opened, avoided or refused appear here, week by week, as soon as they are in the log.
      </Empty>
    )
  return (
    <div className="flex flex-col gap-4">
      <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
        {measures.map((measure) => (
          <Measure key={measure.title} of={measure} weeks={of.weeks} />
        ))}
      </div>
      <Weeks weeks={of.weeks} />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Gates of={of} />
        <Reasons weeks={of.weeks} />
      </div>
    </div>
  )
}

type MeasureOf = { title: string; what: string; value: (week: InsightWeek) => number | null; format: (value: number) => string }

const measures: readonly MeasureOf[] = [
  {
    title: 'Sessions opened',
    what: 'on tenants and on users',
    value: (week) => week.opened_on_tenant + week.opened_on_user,
    format: formatNumber,
  },
  { title: 'Sessions avoided', what: 'health answered the question', value: (week) => week.avoided, format: formatNumber },
  { title: 'Length of a session', what: 'median', value: (week) => week.median_minutes, format: formatMinutes },
  { title: 'Refused attempts', what: 'at sessions, actions and approvals', value: (week) => week.denied, format: formatNumber },
  { title: 'Requests decided', what: 'approved or rejected', value: (week) => week.decided, format: formatNumber },
  { title: 'Time to a decision', what: 'median', value: (week) => week.median_decision_minutes, format: formatMinutes },
]

const wordsOf = (value: number | null | undefined, format: (value: number) => string): string =>
  value === null || value === undefined ? '–' : format(value)

function Measure({ of: { title, what, value, format }, weeks }: { of: MeasureOf; weeks: readonly InsightWeek[] }) {
  const current = weeks.at(-1)
  const before = weeks.at(-2)
  return (
    <Card>
      <div className="flex flex-col gap-2">
        <div className="flex items-baseline justify-between gap-2">
          <h2 className="font-semibold text-sm">{title}</h2>
          <span className="text-faint text-xs">{what}</span>
        </div>
        <p className="flex items-baseline gap-2">
          <span className="font-semibold text-xl nums">{wordsOf(current && value(current), format)}</span>
          <span className="text-faint text-xs nums">this week so far · {wordsOf(before && value(before), format)} the week before</span>
        </p>
        <Bars
          isLastOpen
          bars={weeks.map((week) => ({
            key: week.from,
            value: value(week),
            tip: `Week of ${formatWeekShort(week.from)}: ${wordsOf(value(week), format)}`,
          }))}
        />
        <p aria-hidden="true" className="flex justify-between text-faint text-xs nums">
          <span>{weeks[0] ? formatWeekShort(weeks[0].from) : ''}</span>
          <span>{current ? formatWeekShort(current.from) : ''}</span>
        </p>
      </div>
    </Card>
  )
}
