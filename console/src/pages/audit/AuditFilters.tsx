import { ChevronDown } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { client } from '../../api/client.ts'
import { useMe } from '../../api/me.ts'
import { Button, buttonClass } from '../../ui/Button.tsx'
import { Chip } from '../../ui/Chip.tsx'
import { FilterSheet } from '../../ui/FilterSheet.tsx'
import { formatInstant, plural, shortId } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { Popover } from '../../ui/Popover.tsx'
import { Search } from '../../ui/Search.tsx'
import { useWidth } from '../../ui/width.ts'
import { useZone } from '../../ui/zone.ts'
import { knownActors } from './actors.ts'
import { type FilterProps, ListBody, TimeBody } from './FilterBodies.tsx'
import { fields } from './fields.ts'
import { asksForReads, choiceOf, countFilters, type ListName, listNames, spanWords, withValue } from './search.ts'

type Props = FilterProps & { onClear: () => void; count: ReactNode }

/** Filters combine, and live in the address (A30). */
export function AuditFilters({ search, onSet, onClear, count }: Props) {
  const isPhone = useWidth() === 'phone'
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <Words search={search} onSet={onSet} />
        {isPhone ? <AuditSheet search={search} onSet={onSet} onClear={onClear} count={count} /> : null}
        <Quick search={search} onSet={onSet} />
      </div>
      {isPhone ? null : <FilterBar search={search} onSet={onSet} />}
      {/* The count takes the same room while it is counted as afterwards: rows that somebody is about to click must not move. */}
      <div className="flex flex-wrap gap-x-4 gap-y-2 md:flex-nowrap">
        <Chips search={search} onSet={onSet} onClear={onClear} />
        <div className="flex h-7 pointer-coarse:h-10 shrink-0 items-center gap-3 whitespace-nowrap text-soft text-sm md:w-104">
          {count}
          <Reads search={search} onSet={onSet} />
        </div>
      </div>
    </div>
  )
}

const leastWords = 3

function Words({ search, onSet }: FilterProps) {
  const [isShort, setShort] = useState(false)
  return (
    <div className="flex min-w-0 items-center gap-2 max-md:flex-1">
      <Search
        label="Reasons and notes"
        placeholder="Reasons and notes"
        value={search.text ?? ''}
        delayMs={400}
        className="w-60 max-md:w-full"
        onSearch={(typed) => {
          const text = typed.trim()
          setShort(text !== '' && text.length < leastWords)
          const next = text.length < leastWords ? undefined : text
          if (next !== search.text) onSet({ text: next })
        }}
      />
      {isShort ? (
        <span role="status" className="shrink-0 text-faint text-xs">
          {plural(leastWords, 'letter')} at least
        </span>
      ) : null}
    </div>
  )
}

/** The filters of which one click is enough (A30). */
function Quick({ search, onSet }: FilterProps) {
  const isOnly = (name: ListName, value: string) => search[name] === value
  const toggle = (name: ListName, value: string) => onSet({ [name]: isOnly(name, value) ? undefined : value })
  const quick = [
    { label: 'all admins', isOn: choiceOf(search, 'actor_id').any.length === 0, choose: () => onSet({ actor_id: undefined }) },
    { label: 'impersonate', isOn: isOnly('action', 'IMPERSONATE.*'), choose: () => toggle('action', 'IMPERSONATE.*') },
    { label: 'resets', isOn: isOnly('action', '*.RESET'), choose: () => toggle('action', '*.RESET') },
    {
      label: 'last 1 h',
      isOn: search.last === '1h',
      choose: () => onSet({ last: search.last === '1h' ? undefined : '1h', from: undefined, to: undefined }),
    },
  ]
  return (
    <fieldset className="flex flex-wrap items-center gap-1.5">
      <legend className="sr-only">Common filters</legend>
      {quick.map(({ label, isOn, choose }) => (
        <button
          key={label}
          type="button"
          aria-pressed={isOn}
          onClick={choose}
          className="inline-flex h-7 pointer-coarse:h-10 items-center rounded-full border border-edge px-3 text-soft text-sm transition-colors hover:bg-hover aria-pressed:border-accent aria-pressed:bg-chosen aria-pressed:font-medium aria-pressed:text-ink"
        >
          {label}
        </button>
      ))}
    </fieldset>
  )
}

const inBar = ['actor_id', 'action', 'result', 'tenant_id', 'target_id', 'ticket'] as const satisfies readonly ListName[]
const inMore = ['category', 'resource_type', 'session_id'] as const satisfies readonly ListName[]

function FilterButton({ label, children, wide = false }: { label: string; children: ReactNode; wide?: boolean }) {
  return (
    <Popover
      label={`Filter by ${label.toLowerCase()}`}
      className={wide ? 'w-96 p-3' : 'w-72 p-3'}
      button={{
        className: `${buttonClass('plain', 'small')} text-soft`,
        children: (
          <>
            {label}
            <ChevronDown aria-hidden="true" className="text-faint" />
          </>
        ),
      }}
    >
      {children}
    </Popover>
  )
}

function FilterBar(props: FilterProps) {
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      <FilterButton label="Time">
        <TimeBody {...props} />
      </FilterButton>
      {inBar.map((name) => (
        <FilterButton key={name} label={fields[name].label} wide={name === 'action'}>
          <ListBody name={name} {...props} />
        </FilterButton>
      ))}
      <FilterButton label="More">
        <div className="flex max-h-[70vh] flex-col gap-3 overflow-y-auto">
          {inMore.map((name) => (
            <section key={name} aria-label={fields[name].label}>
              <ListBody name={name} {...props} />
            </section>
          ))}
        </div>
      </FilterButton>
    </div>
  )
}

function AuditSheet({ search, onSet, onClear, count }: Props) {
  const inForce = countFilters(search)
  const props = { search, onSet }
  return (
    <FilterSheet
      count={inForce}
      footer={(close) => (
        <>
          <span className="min-w-0 flex-1 text-soft text-sm">{count}</span>
          <Button onClick={onClear} disabled={inForce === 0}>
            Clear all
          </Button>
          <Button kind="main" onClick={close}>
            Show
          </Button>
        </>
      )}
    >
      {() => (
        <div className="-mx-5 -my-4 flex flex-col">
          <SheetPart label="Time" set={search.last || search.from || search.to ? 1 : 0}>
            <TimeBody {...props} />
          </SheetPart>
          {[...inBar, ...inMore].map((name) => {
            const { any, none } = choiceOf(search, name)
            return (
              <SheetPart key={name} label={fields[name].label} set={any.length + none.length}>
                <ListBody name={name} {...props} />
              </SheetPart>
            )
          })}
        </div>
      )}
    </FilterSheet>
  )
}

function SheetPart({ label, set, children }: { label: string; set: number; children: ReactNode }) {
  return (
    <details className="group border-line border-b last:border-b-0">
      <summary className="flex min-h-11 cursor-default list-none items-center gap-2 px-5 font-medium text-sm -outline-offset-2 [&::-webkit-details-marker]:hidden">
        <span className="min-w-0 flex-1">{label}</span>
        {set > 0 ? <span className="text-accent text-xs">{set} set</span> : null}
        <ChevronDown aria-hidden="true" className="size-4 text-faint transition-transform group-open:rotate-180" />
      </summary>
      <div className="px-5 pb-4">{children}</div>
    </details>
  )
}

/** That reads of the log are left out, and the way to see them. */
function Reads({ search, onSet }: FilterProps) {
  const isShown = search.reads === 'shown'
  if (asksForReads(search) && !isShown) return null
  return (
    <span className="flex items-center gap-1">
      {isShown ? 'Reads of the log are shown' : 'Reads of the log are hidden'}
      <Button kind="quiet" size="small" onClick={() => onSet({ reads: isShown ? undefined : 'shown' })}>
        {isShown ? 'Leave them out' : 'Show them'}
      </Button>
    </span>
  )
}

/** Everything in force, in the words of the rows. */
function Chips({ search, onSet, onClear }: Omit<Props, 'count'>) {
  const me = useMe()
  useZone()
  if (countFilters(search) === 0) return null
  const actors = knownActors(client)
  const wordsFor = (name: ListName, value: string): string => {
    if (name === 'actor_id') return value === me.staff.id ? me.staff.email : (actors.get(value) ?? shortId(value))
    return name.endsWith('_id') ? shortId(value) : value
  }
  const { last, from, to, text } = search
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-2 md:flex-1">
      {last ? (
        <Chip name="Time" onRemove={() => onSet({ last: undefined })}>
          {spanWords[last]}
        </Chip>
      ) : null}
      {from ? (
        <Chip name="From" onRemove={() => onSet({ from: undefined })}>
          {formatInstant(from)}
        </Chip>
      ) : null}
      {to ? (
        <Chip name="Until" onRemove={() => onSet({ to: undefined })}>
          {formatInstant(to)}
        </Chip>
      ) : null}
      {listNames.flatMap((name) => {
        const { any, none } = choiceOf(search, name)
        const chip = (value: string, isOut: boolean) => (
          <Chip
            key={`${name} ${isOut} ${value}`}
            name={isOut ? `${fields[name].label} not` : fields[name].label}
            onRemove={() => onSet(withValue(search, name, value, undefined))}
          >
            <Inert text={wordsFor(name, value)} />
          </Chip>
        )
        return [...any.map((value) => chip(value, false)), ...none.map((value) => chip(value, true))]
      })}
      {text ? (
        <Chip name="Reason or note" onRemove={() => onSet({ text: undefined })}>
          <Inert text={text} />
        </Chip>
      ) : null}
      <Button kind="quiet" size="small" onClick={onClear}>
        Clear all
      </Button>
    </div>
  )
}
