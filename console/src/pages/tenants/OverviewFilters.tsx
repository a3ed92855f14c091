import { healthStatuses, type Overview } from '@countersign/contract/health.ts'
import { lifecycleStatuses } from '@countersign/contract/tenants.ts'
import { Download, SlidersHorizontal } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { overviewCsv } from '../../api/health.ts'
import { HealthWord, Lifecycle } from '../../ui/Badge.tsx'
import { Button, buttonClass } from '../../ui/Button.tsx'
import { Chip } from '../../ui/Chip.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { formatNumber } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { FilterMenu } from '../../ui/Menu.tsx'
import { Options } from '../../ui/Options.tsx'
import { Search } from '../../ui/Search.tsx'
import { useWidth } from '../../ui/width.ts'
import { SavedViews, ViewList } from './SavedViews.tsx'
import type { TenantsSearch } from './search.ts'

type Props = {
  search: TenantsSearch
  first: Overview | undefined
  onSet: (change: TenantsSearch) => void
  onOpen: (search: TenantsSearch) => void
  children: ReactNode
}

type Filter = { name: string; member: 'health' | 'status' | 'plan'; options: readonly { value: string; label: ReactNode }[] }

const any = { value: 'any', label: 'Any' }

const filtersOf = (plans: readonly string[]): readonly Filter[] => [
  { name: 'Health', member: 'health', options: [any, ...healthStatuses.map((value) => ({ value, label: <HealthWord status={value} /> }))] },
  {
    name: 'Status',
    member: 'status',
    options: [any, ...lifecycleStatuses.map((value) => ({ value, label: <Lifecycle status={value} /> }))],
  },
  // A plan may be called as it likes: its value is told from "any" by what stands before it.
  { name: 'Plan', member: 'plan', options: [any, ...plans.map((plan) => ({ value: `=${plan}`, label: <Inert text={plan} /> }))] },
]

const chosenIn = (search: TenantsSearch, { member }: Filter): string => {
  const value = search[member]
  if (value === undefined) return 'any'
  return member === 'plan' ? `=${value}` : value
}

const changeOf = ({ member }: Filter, value: string): TenantsSearch => {
  if (value === 'any') return { [member]: undefined }
  return { [member]: member === 'plan' ? value.slice(1) : value }
}

/** Search and filters, which combine and live in the address; on a phone the filters are one sheet. */
export function OverviewFilters({ search, first, onSet, onOpen, children }: Props) {
  const isPhone = useWidth() === 'phone'
  const filters = filtersOf(first?.plans ?? [])
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <Search
          value={search.query ?? ''}
          onSearch={(query) => onSet({ query: query.trim() || undefined })}
          label="Search tenants by name or id"
          placeholder="Name or id"
          className="w-72 max-lg:w-52 max-md:min-w-0 max-md:flex-1"
        />
        {isPhone ? (
          <Sheet search={search} filters={filters} first={first} onSet={onSet} onOpen={onOpen} />
        ) : (
          <>
            {filters.map((filter) => (
              <FilterMenu
                key={filter.member}
                label={filter.name}
                value={chosenIn(search, filter)}
                onChoose={(value) => onSet(changeOf(filter, value))}
                groups={[{ choices: filter.options.slice(0, 1) }, { choices: filter.options.slice(1) }]}
              />
            ))}
            <SavedViews search={search} onOpen={onOpen} />
          </>
        )}
        {/* As wide as its longest words: nothing below moves when they change. */}
        <span className="ml-auto flex min-w-64 items-center justify-end gap-2 max-md:ml-0 max-md:basis-full max-md:justify-start">
          {children}
          {isPhone ? null : <Csv search={search} matching={first?.matching} />}
        </span>
      </div>
      <Chips search={search} filters={filters} onSet={onSet} />
    </div>
  )
}

function Csv({ search, matching }: { search: TenantsSearch; matching: number | undefined }) {
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

/** Each filter in force, and how many tenants that leaves. */
function Chips({ search, filters, onSet }: { search: TenantsSearch; filters: readonly Filter[]; onSet: Props['onSet'] }) {
  const chosen = filters.filter(({ member }) => search[member] !== undefined)
  if (chosen.length === 0) return null
  return (
    <div className="flex flex-wrap items-center gap-2">
      {chosen.map(({ name, member }) => (
        <Chip key={member} name={name} onRemove={() => onSet({ [member]: undefined })}>
          <Inert text={search[member] ?? ''} />
        </Chip>
      ))}
      <Button kind="quiet" size="small" onClick={() => onSet({ health: undefined, status: undefined, plan: undefined })}>
        Clear all
      </Button>
    </div>
  )
}

const orders = [
  { value: 'worst asc', label: 'Worst first' },
  { value: 'name asc', label: 'Name' },
  { value: 'calls desc', label: 'Most calls' },
  { value: 'error_rate desc', label: 'Most errors' },
  { value: 'last_call_at desc', label: 'Seen last' },
  { value: 'user_count desc', label: 'Most users' },
  { value: 'created_at desc', label: 'Newest' },
]

type SheetProps = { filters: readonly Filter[] } & Omit<Props, 'children'>

function Sheet({ search, filters, first, onSet, onOpen }: SheetProps) {
  const [isOpen, setOpen] = useState(false)
  const count = filters.filter(({ member }) => search[member] !== undefined).length
  const { sort = 'worst', order = 'asc' } = search
  return (
    <>
      <Button icon={<SlidersHorizontal />} onClick={() => setOpen(true)} className="pointer-coarse:h-10">
        Filters{count > 0 ? ` (${count})` : ''}
      </Button>
      {isOpen ? (
        <Dialog
          title="Filters"
          onClose={() => setOpen(false)}
          footer={
            <>
              <Csv search={search} matching={first?.matching} />
              <Button kind="main" className="ml-auto" onClick={() => setOpen(false)}>
                {first ? `Show ${formatNumber(first.matching)}` : 'Show'}
              </Button>
            </>
          }
        >
          <div className="flex flex-col gap-5">
            {filters.map((filter) => (
              <Options
                key={filter.member}
                label={filter.name}
                value={chosenIn(search, filter)}
                onChoose={(value) => onSet(changeOf(filter, value))}
                options={filter.options}
              />
            ))}
            <Options
              label="Order"
              value={`${sort} ${order}`}
              onChoose={(value) => {
                const [by, way] = value.split(' ')
                onSet({ sort: by as TenantsSearch['sort'], order: way as TenantsSearch['order'] })
              }}
              options={orders}
            />
            <section aria-label="Views" className="flex flex-col gap-1.5">
              <h3 className="font-medium text-sm">Views</h3>
              <ViewList
                search={search}
                onOpen={(chosen) => {
                  setOpen(false)
                  onOpen(chosen)
                }}
              />
            </section>
          </div>
        </Dialog>
      ) : null}
    </>
  )
}
