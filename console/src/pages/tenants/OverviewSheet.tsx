import { Button } from '../../ui/Button.tsx'
import { FilterSheet } from '../../ui/FilterSheet.tsx'
import { formatNumber } from '../../ui/format.ts'
import { Options } from '../../ui/Options.tsx'
import { Csv, changeOf, chosenIn, type Filter, type FilterProps } from './filters.tsx'
import { ViewsWithin } from './SavedViews.tsx'
import type { TenantsSearch } from './search.ts'

const orders = [
  { value: 'worst asc', label: 'Worst first' },
  { value: 'name asc', label: 'Name' },
  { value: 'calls desc', label: 'Most calls' },
  { value: 'error_rate desc', label: 'Most errors' },
  { value: 'last_call_at desc', label: 'Seen last' },
  { value: 'user_count desc', label: 'Most users' },
  { value: 'created_at desc', label: 'Newest' },
]

type SheetProps = { filters: readonly Filter[] } & Omit<FilterProps, 'children'>

export function OverviewSheet({ search, filters, first, onSet, onOpen }: SheetProps) {
  const { sort = 'worst', order = 'asc' } = search
  return (
    <FilterSheet
      count={filters.filter(({ member }) => search[member] !== undefined).length}
      footer={(close) => (
        <>
          <Csv search={search} matching={first?.matching} />
          <Button kind="main" className="ml-auto" onClick={close}>
            {first ? `Show ${formatNumber(first.matching)}` : 'Show'}
          </Button>
        </>
      )}
    >
      {(close) => (
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
            <ViewsWithin search={search} onOpen={onOpen} close={close} />
          </section>
        </div>
      )}
    </FilterSheet>
  )
}
