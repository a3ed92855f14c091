import { useQuery } from '@tanstack/react-query'
import { ChevronDown } from 'lucide-react'
import { type FormEvent, useId, useState } from 'react'
import { client } from '../../api/client.ts'
import { canUseConsole, useMe } from '../../api/me.ts'
import { tenantHintsQuery } from '../../api/tenants.ts'
import { Button, buttonClass } from '../../ui/Button.tsx'
import { Chip } from '../../ui/Chip.tsx'
import { Input } from '../../ui/Field.tsx'
import { formatUtc, shortId } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { FilterMenu } from '../../ui/Menu.tsx'
import { Popover } from '../../ui/Popover.tsx'
import { Segments } from '../../ui/Segments.tsx'
import { knownActors } from './actors.ts'
import { AuditSearch, eventGroups, groupOf, type Span, spans, spanWords } from './search.ts'

type Props = { search: AuditSearch; onSet: (change: AuditSearch) => void; onClear: () => void }

const resultWords = { ok: 'ok', deny: 'deny', error: 'error' } as const
const spanOptions = [
  { value: 'all' as const, label: 'All time' },
  ...(Object.keys(spans) as Span[]).map((value) => ({ value, label: spanWords[value] })),
]

/** Filters combine, and live in the address (A30). */
export function AuditFilters({ search, onSet, onClear }: Props) {
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <Segments<Span | 'all'>
          label="Time"
          value={search.last ?? 'all'}
          onChoose={(last) => onSet({ last: last === 'all' ? undefined : last, from: undefined, to: undefined })}
          options={spanOptions}
          className="max-sm:w-full"
        />
        <AdminFilter search={search} onSet={onSet} />
        <FilterMenu
          label="Event"
          value={groupOf(search)}
          onChoose={(value) =>
            onSet({ category: undefined, action: undefined, ...eventGroups.find((group) => group.value === value)?.search })
          }
          groups={[{ choices: eventGroups.slice(0, 1) }, { choices: eventGroups.slice(1, 5) }, { choices: eventGroups.slice(5) }]}
        />
        <TenantFilter onSet={onSet} />
        <TextFilter label="Target" hint="Id of a tenant, user, session or key" onApply={(target_id) => onSet({ target_id })} />
        <TextFilter label="Ticket" hint="#4831 or SUP-4831" onApply={(ticket) => onSet({ ticket })} />
        <FilterMenu
          label="Result"
          value={search.result ?? 'all'}
          onChoose={(value) => onSet(AuditSearch.pick({ result: true }).parse({ result: value }))}
          groups={[
            {
              choices: [{ value: 'all', label: 'Any result' }, ...Object.entries(resultWords).map(([value, label]) => ({ value, label }))],
            },
          ]}
        />
      </div>
      <Chips search={search} onSet={onSet} onClear={onClear} />
    </div>
  )
}

function AdminFilter({ search, onSet }: Omit<Props, 'onClear'>) {
  const me = useMe()
  const others = [...knownActors(client)].filter(([id]) => id !== me.staff.id)
  return (
    <FilterMenu
      label="Admin"
      value={search.actor_id ?? 'all'}
      onChoose={(value) => onSet({ actor_id: value === 'all' ? undefined : value })}
      groups={[
        {
          choices: [
            { value: 'all', label: 'Everybody' },
            { value: me.staff.id, label: `${me.staff.email} (me)` },
          ],
        },
        ...(others.length > 0
          ? [{ label: 'Seen here', choices: others.map(([value, label]) => ({ value, label: <Inert text={label} /> })) }]
          : []),
      ]}
    />
  )
}

function useTextFilter(onApply: (text: string) => void) {
  const [isOpen, setOpen] = useState(false)
  const [text, setText] = useState('')
  const apply = (value: string) => {
    setOpen(false)
    setText('')
    onApply(value)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim()) apply(text.trim())
  }
  return { isOpen, setOpen, text, setText, apply, submit }
}

const trigger = (label: string) => (
  <button type="button" className={`${buttonClass('plain', 'small')} text-soft`}>
    {label}
    <ChevronDown aria-hidden="true" className="text-faint" />
  </button>
)

function TextFilter({ label, hint, onApply }: { label: string; hint: string; onApply: (text: string) => void }) {
  const { isOpen, setOpen, text, setText, submit } = useTextFilter(onApply)
  const id = useId()
  return (
    <Popover trigger={trigger(label)} label={`Filter by ${label.toLowerCase()}`} open={isOpen} onOpen={setOpen}>
      <form onSubmit={submit} className="flex items-center gap-2">
        <label htmlFor={id} className="sr-only">
          {label}
        </label>
        <Input id={id} value={text} placeholder={hint} onChange={(event) => setText(event.target.value)} autoFocus />
        <Button submit disabled={text.trim() === ''}>
          Apply
        </Button>
      </form>
    </Popover>
  )
}

function TenantFilter({ onSet }: Pick<Props, 'onSet'>) {
  const { isOpen, setOpen, text, setText, apply, submit } = useTextFilter((tenant_id) => onSet({ tenant_id }))
  const canAsk = canUseConsole(useMe())
  const { data } = useQuery({ ...tenantHintsQuery(text.trim()), enabled: canAsk && isOpen && text.trim().length >= 2 })
  const id = useId()
  const hints = text.trim().length >= 2 ? (data?.items ?? []) : []
  return (
    <Popover trigger={trigger('Tenant')} label="Filter by tenant" open={isOpen} onOpen={setOpen} className="w-80 p-2">
      <form onSubmit={submit} className="flex items-center gap-2 p-1">
        <label htmlFor={id} className="sr-only">
          Tenant
        </label>
        <Input
          id={id}
          value={text}
          placeholder={canAsk ? 'Name or id' : 'Tenant id'}
          onChange={(event) => setText(event.target.value)}
          autoFocus
        />
        <Button submit disabled={text.trim() === ''}>
          Apply
        </Button>
      </form>
      {hints.length > 0 ? (
        <ul className="mt-1">
          {hints.map((tenant) => (
            <li key={tenant.id}>
              <button
                type="button"
                onClick={() => apply(tenant.id)}
                className="flex min-h-8 w-full items-center gap-2 rounded-md px-2 text-left text-sm hover:bg-sunk"
              >
                <span className="min-w-0 flex-1 truncate">
                  <Inert text={tenant.name} />
                </span>
                <span className="id shrink-0 text-faint">{shortId(tenant.id)}</span>
              </button>
            </li>
          ))}
        </ul>
      ) : null}
    </Popover>
  )
}

/** Everything in force that has no place of its own above. */
function Chips({ search, onSet, onClear }: Props) {
  const me = useMe()
  const { last: _, event: __, ...rest } = search
  const chips = Object.entries(rest).filter((entry): entry is [keyof typeof rest, string] => entry[1] !== undefined)
  if (chips.length === 0) return null
  const wordsFor = (name: keyof typeof rest, value: string): string => {
    if (name === 'actor_id') return value === me.staff.id ? me.staff.email : (knownActors(client).get(value) ?? shortId(value))
    if (name === 'action' || name === 'category') return eventGroups.find((group) => group.value === groupOf(search))?.label ?? value
    if (name === 'from' || name === 'to') return formatUtc(value)
    return name.endsWith('_id') ? shortId(value) : value
  }
  return (
    <div className="flex flex-wrap items-center gap-2">
      {chips.map(([name, value]) => (
        <Chip key={name} name={chipNames[name]} onRemove={() => onSet({ [name]: undefined })}>
          <Inert text={wordsFor(name, value)} />
        </Chip>
      ))}
      <Button kind="quiet" size="small" onClick={onClear}>
        Clear all
      </Button>
    </div>
  )
}

const chipNames: Record<keyof Omit<AuditSearch, 'last' | 'event'>, string> = {
  category: 'Event',
  action: 'Event',
  actor_id: 'Admin',
  resource_type: 'Kind of target',
  target_id: 'Target',
  tenant_id: 'Tenant',
  session_id: 'Session',
  ticket: 'Ticket',
  result: 'Result',
  from: 'From',
  to: 'To',
}
