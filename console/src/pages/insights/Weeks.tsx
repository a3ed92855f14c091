import type { InsightWeek } from '@countersign/contract/insights.ts'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { paths } from '../../paths.ts'
import { Card } from '../../ui/Card.tsx'
import { formatNumber } from '../../ui/format.ts'
import { type Column, Table } from '../../ui/Table.tsx'
import type { AuditSearch } from '../audit/search.ts'
import { formatMinutes, formatWeek } from './words.ts'

/** A number, and the events that it counts. */
function Count({ of: { from, to }, search, children }: { of: InsightWeek; search: AuditSearch; children: ReactNode }) {
  return (
    <Link {...paths.audit({ ...search, from, to })} className="font-medium text-ink nums hover:text-accent hover:underline">
      {children}
    </Link>
  )
}

const none = <span className="text-faint">–</span>

type Measure = {
  id: string
  header: string
  search: AuditSearch
  value: (week: InsightWeek) => number | null
  format?: (value: number) => string
}

const measures: readonly Measure[] = [
  { id: 'tenants', header: 'Opened on tenants', search: { action: 'SUPPORT_SESSION.CREATED' }, value: (week) => week.opened_on_tenant },
  { id: 'users', header: 'On users', search: { action: 'IMPERSONATE.STARTED' }, value: (week) => week.opened_on_user },
  { id: 'avoided', header: 'Avoided', search: { action: 'SUPPORT_SESSION.AVOIDED', result: 'ok' }, value: (week) => week.avoided },
  { id: 'length', header: 'Length', search: { category: 'support_session' }, value: (week) => week.median_minutes, format: formatMinutes },
  { id: 'denied', header: 'Refused', search: { result: 'deny' }, value: (week) => week.denied },
  { id: 'decided', header: 'Decided', search: { category: 'approval' }, value: (week) => week.decided },
  {
    id: 'latency',
    header: 'Time to decide',
    search: { category: 'approval' },
    value: (week) => week.median_decision_minutes,
    format: formatMinutes,
  },
]

const cellOf = ({ search, value, format = formatNumber }: Measure, week: InsightWeek): ReactNode => {
  const number = value(week)
  if (number === null || number === 0) return number === 0 ? <span className="text-faint nums">0</span> : none
  return (
    <Count of={week} search={search}>
      {format(number)}
    </Count>
  )
}

const columns: readonly Column<InsightWeek>[] = [
  { id: 'week', header: 'Week of', width: '120px', cell: (week) => <span className="nums">{formatWeek(week.from)}</span> },
  ...measures.map(
    (measure): Column<InsightWeek> => ({ id: measure.id, header: measure.header, end: true, cell: (week) => cellOf(measure, week) }),
  ),
]

/** The same numbers as text, each with the way to its events. */
export function Weeks({ weeks }: { weeks: readonly InsightWeek[] }) {
  return (
    <Card title="By week" flush>
      <Table
        label="Numbers by week"
        columns={columns}
        rows={weeks.toReversed()}
        keyOf={(week) => week.from}
        phoneHeight={112}
        phone={(week) => (
          <span className="flex flex-col gap-1 text-sm">
            <span className="font-medium nums">{formatWeek(week.from)}</span>
            <span className="grid grid-cols-2 gap-x-4 text-xs">
              {measures.map((measure) => (
                <span key={measure.id} className="flex justify-between gap-2">
                  <span className="text-faint">{measure.header}</span>
                  {cellOf(measure, week)}
                </span>
              ))}
            </span>
          </span>
        )}
        empty={null}
      />
    </Card>
  )
}
