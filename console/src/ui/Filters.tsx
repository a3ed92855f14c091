import type { ReactNode } from 'react'
import { Button } from './Button.tsx'
import { Chip } from './Chip.tsx'
import { FilterMenu } from './FilterMenu.tsx'
import { FilterSheet } from './FilterSheet.tsx'
import { Options } from './Options.tsx'
import { useWidth } from './width.ts'

type Option = { value: string; label: ReactNode }
/** A filter that is chosen from a list, of which the first lets everything through. */
export type ListFilter = { name: string; value: string; options: readonly Option[]; onChoose: (value: string) => void }
type Order = Omit<ListFilter, 'name'>
type Props = { search?: ReactNode; filters: readonly ListFilter[]; order?: Order; onClear: () => void; children?: ReactNode }

const isChosen = ({ value, options }: ListFilter): boolean => value !== options[0]?.value

/** Filters that combine and live in the address: side by side, or one sheet where there is no room for them. */
export function Filters({ search, filters, order, onClear, children }: Props) {
  const isPhone = useWidth() === 'phone'
  const chosen = filters.filter(isChosen)
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        {search}
        {isPhone ? (
          <Sheet filters={filters} order={order} count={chosen.length} />
        ) : (
          filters.map(({ name, value, options, onChoose }) => (
            <FilterMenu
              key={name}
              label={name}
              value={value}
              onChoose={onChoose}
              groups={[{ choices: options.slice(0, 1) }, { choices: options.slice(1) }]}
            />
          ))
        )}
        {children}
      </div>
      {chosen.length > 0 ? (
        <div className="flex flex-wrap items-center gap-2">
          {chosen.map(({ name, value, options, onChoose }) => (
            <Chip key={name} name={name} onRemove={() => onChoose(options[0]?.value ?? '')}>
              {options.find((option) => option.value === value)?.label ?? value.replace(/^=/, '')}
            </Chip>
          ))}
          <Button kind="quiet" size="small" onClick={onClear}>
            Clear all
          </Button>
        </div>
      ) : null}
    </div>
  )
}

type SheetProps = { filters: readonly ListFilter[]; order: Order | undefined; count: number }

function Sheet({ filters, order, count }: SheetProps) {
  return (
    <FilterSheet
      count={count}
      footer={(close) => (
        <Button kind="main" onClick={close}>
          Show
        </Button>
      )}
    >
      {() => (
        <div className="flex flex-col gap-5">
          {filters.map(({ name, ...filter }) => (
            <Options key={name} label={name} {...filter} />
          ))}
          {order ? <Options label="Order" {...order} /> : null}
        </div>
      )}
    </FilterSheet>
  )
}
