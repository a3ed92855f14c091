import { Suspense } from 'react'
import { Button } from '../../ui/Button.tsx'
import { Chip } from '../../ui/Chip.tsx'
import { FilterMenu } from '../../ui/FilterMenu.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { lazyPart } from '../../ui/lazyPart.tsx'
import { Search } from '../../ui/Search.tsx'
import { useWidth } from '../../ui/width.ts'
import { Csv, changeOf, chosenIn, type Filter, type FilterProps, filtersOf } from './filters.tsx'
import { SavedViews } from './SavedViews.tsx'
import type { TenantsSearch } from './search.ts'

/** Where it cannot be fetched yet, the button says so. */
const OverviewSheet = lazyPart(
  async () => (await import('./OverviewSheet.tsx')).OverviewSheet,
  () => (
    <Button disabled data-tip="Not loaded yet: it comes by itself once the server answers">
      Filters
    </Button>
  ),
)

/** Search and filters, which combine and live in the address; on a phone the filters are one sheet. */
export function OverviewFilters({ search, first, onSet, onOpen, children }: FilterProps) {
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
          <Suspense>
            <OverviewSheet search={search} filters={filters} first={first} onSet={onSet} onOpen={onOpen} />
          </Suspense>
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

/** Each filter in force, and how many tenants that leaves. */
function Chips({ search, filters, onSet }: { search: TenantsSearch; filters: readonly Filter[]; onSet: FilterProps['onSet'] }) {
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
