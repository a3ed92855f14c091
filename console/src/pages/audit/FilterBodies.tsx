import { formatChoice } from '@countersign/contract/choice.ts'
import { EventFilters } from '@countersign/contract/events.ts'
import { isWorthSearching } from '@countersign/contract/text.ts'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import { client } from '../../api/client.ts'
import { canUseConsole, useMe } from '../../api/me.ts'
import { tenantHintsQuery } from '../../api/tenants.ts'
import { Button } from '../../ui/Button.tsx'
import { Field, Input } from '../../ui/Field.tsx'
import { shortId } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { knownActors } from './actors.ts'
import { ChoiceList } from './ChoiceList.tsx'
import { fields } from './fields.ts'
import { type AuditSearch, choiceOf, type ListName, type Span, spans, spanWords, withValue } from './search.ts'

export type FilterProps = { search: AuditSearch; onSet: (change: AuditSearch) => void }

/** What a list of the filters can be set to: chosen, typed, or both. */
export function ListBody({ name, search, onSet }: FilterProps & { name: ListName }) {
  const { label, groups, hint } = fields[name]
  const choose = (value: string, as: 'any' | 'none' | undefined) => onSet(withValue(search, name, value, as))
  const choice = choiceOf(search, name)
  const chosen = groups?.map((group) => ({
    label: group.label,
    options: group.values.map((value) => ({ value, label: value, isName: name === 'action' })),
  }))
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {hint === undefined ? null : <TypedValue name={name} onAdd={choose} />}
      {chosen ? <ChoiceList label={label} groups={chosen} choice={choice} onChoose={choose} /> : null}
      {name === 'actor_id' ? <KnownAdmins search={search} onSet={onSet} /> : null}
    </div>
  )
}

function KnownAdmins({ search, onSet }: FilterProps) {
  const me = useMe()
  const others = [...knownActors(client)].filter(([id]) => id !== me.staff.id)
  return (
    <ChoiceList
      label="Admin"
      groups={[
        { label: 'You', options: [{ value: me.staff.id, label: me.staff.email }] },
        ...(others.length > 0
          ? [{ label: 'Seen here', options: others.map(([value, email]) => ({ value, label: <Inert text={email} /> })) }]
          : []),
      ]}
      choice={choiceOf(search, 'actor_id')}
      onChoose={(value, as) => onSet(withValue(search, 'actor_id', value, as))}
    />
  )
}

const isValid = (name: ListName, value: string): boolean =>
  EventFilters.shape[name].safeParse(formatChoice({ any: [value], none: [] })).success

function TypedValue({ name, onAdd }: { name: ListName; onAdd: (value: string, as: 'any' | 'none') => void }) {
  const { label, noun, hint } = fields[name]
  const [text, setText] = useState('')
  const [isOut, setOut] = useState(false)
  const [error, setError] = useState<string>()
  const id = useId()
  const value = text.trim()
  const add = (given: string) => {
    if (!isValid(name, given)) return setError(`That is no ${noun} that can be looked for.`)
    onAdd(given, isOut ? 'none' : 'any')
    setText('')
    setError(undefined)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (value) add(value)
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <Field label={label} htmlFor={id} error={error}>
        <div className="flex items-center gap-2">
          <Input
            id={id}
            value={text}
            placeholder={hint}
            aria-invalid={error !== undefined}
            onChange={(event) => {
              setText(event.target.value)
              setError(undefined)
            }}
          />
          <Button submit disabled={value === ''}>
            Add
          </Button>
        </div>
      </Field>
      <label className="flex min-h-6 pointer-coarse:min-h-10 items-center gap-2 text-soft text-sm">
        <input type="checkbox" checked={isOut} onChange={(event) => setOut(event.target.checked)} className="size-3.5 accent-accent" />
        Leave it out
      </label>
      {name === 'tenant_id' ? <TenantHints text={value} onChoose={add} /> : null}
    </form>
  )
}

function TenantHints({ text, onChoose }: { text: string; onChoose: (id: string) => void }) {
  const canAsk = canUseConsole(useMe())
  const { data } = useQuery({ ...tenantHintsQuery(text), enabled: canAsk && isWorthSearching(text) })
  const hints = isWorthSearching(text) ? (data?.items ?? []) : []
  if (hints.length === 0) return canAsk ? <p className="text-faint text-xs">Or type the start of its name, to choose it.</p> : null
  return (
    <ul className="-mx-2">
      {hints.map((tenant) => (
        <li key={tenant.id}>
          <button
            type="button"
            onClick={() => onChoose(tenant.id)}
            className="flex min-h-8 pointer-coarse:min-h-10 w-full items-center gap-2 rounded-md px-2 text-left text-sm hover:bg-sunk"
          >
            <span className="min-w-0 flex-1 truncate">
              <Inert text={tenant.name} />
            </span>
            <span className="id shrink-0 text-faint">{shortId(tenant.id)}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}

const two = (value: number) => String(value).padStart(2, '0')
/** An instant as the field for one has it, in the reader's time zone. */
const toField = (at: string | undefined): string => {
  if (at === undefined) return ''
  const date = new Date(at)
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`
}
const fromField = (text: string): string | undefined => (text === '' ? undefined : new Date(text).toISOString())

/** A span up to now, or a range of dates. */
export function TimeBody({ search, onSet }: FilterProps) {
  const [from, setFrom] = useState(toField(search.from))
  const [to, setTo] = useState(toField(search.to))
  const id = useId()
  const isBackwards = from !== '' && to !== '' && from >= to
  const isInForce = from === toField(search.from) && to === toField(search.to)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSet({ last: undefined, from: fromField(from), to: fromField(to) })
  }
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap gap-1.5">
        {(Object.keys(spans) as Span[]).map((span) => (
          <Button
            key={span}
            size="small"
            aria-pressed={search.last === span}
            className="aria-pressed:border-accent aria-pressed:bg-chosen"
            onClick={() => {
              setFrom('')
              setTo('')
              onSet({ last: search.last === span ? undefined : span, from: undefined, to: undefined })
            }}
          >
            {spanWords[span]}
          </Button>
        ))}
      </div>
      <form onSubmit={submit} data-in-force={isInForce} className="flex flex-col gap-2">
        <Field label="From" htmlFor={`${id}-from`}>
          <Input id={`${id}-from`} type="datetime-local" value={from} onChange={(event) => setFrom(event.target.value)} />
        </Field>
        <Field label="Until" htmlFor={`${id}-to`} error={isBackwards ? 'This is not after the start.' : undefined}>
          <Input id={`${id}-to`} type="datetime-local" value={to} onChange={(event) => setTo(event.target.value)} />
        </Field>
        <div className="flex items-center gap-2">
          <span className="min-w-0 flex-1 text-faint text-xs">In your time zone</span>
          <Button submit size="small" disabled={isBackwards || (from === '' && to === '')}>
            Apply
          </Button>
        </div>
      </form>
    </div>
  )
}
