import type { Overview } from '@countersign/contract/health.ts'
import { healthStatuses, lifecycleStatuses } from '@countersign/contract/vocabulary.ts'
import { Download } from 'lucide-react'
import type { ReactNode } from 'react'
import { overviewCsv } from '../../api/health.ts'
import { HealthWord, Lifecycle } from '../../ui/Badge.tsx'
import { buttonClass } from '../../ui/Button.tsx'
import { formatNumber } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import type { TenantsSearch } from './search.ts'

export type FilterProps = {
  search: TenantsSearch
  first: Overview | undefined
  onSet: (change: TenantsSearch) => void
  onOpen: (search: TenantsSearch) => void
  children: ReactNode
}

export type Filter = { name: string; member: 'health' | 'status' | 'plan'; options: readonly { value: string; label: ReactNode }[] }

const any = { value: 'any', label: 'Any' }

export const filtersOf = (plans: readonly string[]): readonly Filter[] => [
  { name: 'Health', member: 'health', options: [any, ...healthStatuses.map((value) => ({ value, label: <HealthWord status={value} /> }))] },
  {
    name: 'Status',
    member: 'status',
    options: [any, ...lifecycleStatuses.map((value) => ({ value, label: <Lifecycle status={value} /> }))],
  },
  // A plan may be called as it likes: its value is told from "any" by what stands before it.
  { name: 'Plan', member: 'plan', options: [any, ...plans.map((plan) => ({ value: `=${plan}`, label: <Inert text={plan} /> }))] },
]

export const chosenIn = (search: TenantsSearch, { member }: Filter): string => {
  const value = search[member]
  if (value === undefined) return 'any'
  return member === 'plan' ? `=${value}` : value
}

export const changeOf = ({ member }: Filter, value: string): TenantsSearch => {
  if (value === 'any') return { [member]: undefined }
  return { [member]: member === 'plan' ? value.slice(1) : value }
}

export function Csv({ search, matching }: { search: TenantsSearch; matching: number | undefined }) {
  return (
    <a
      href={overviewCsv(search)}
      download
      data-tip={matching === undefined ? undefined : `${formatNumber(matching)} rows, as they are filtered and sorted`}
      className={`${buttonClass('plain', 'small')} text-soft`}
    >
      <Download aria-hidden="true" />
      CSV
    </a>
  )
}
