import { ChevronDown, X } from 'lucide-react'
import { type FormEvent, useId, useState } from 'react'
import { useMe } from '../../api/me.ts'
import { Button, buttonClass, IconButton } from '../../ui/Button.tsx'
import { Field, Input } from '../../ui/Field.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { Popover } from '../../ui/Popover.tsx'
import { type AuditSearch, countFilters } from './search.ts'
import { keepViews, readViews, type View } from './views.ts'

type Props = { search: AuditSearch; onChoose: (search: AuditSearch) => void }

/** Saved views: filters by name. */
export function Views({ search, onChoose }: Props) {
  const me = useMe()
  const [views, setViews] = useState(() => readViews(me.staff.id))
  const keep = (next: View[]) => {
    keepViews(me.staff.id, next)
    setViews(next)
  }
  return (
    <Popover
      label="Saved views"
      align="end"
      button={{
        className: buttonClass('plain'),
        children: (
          <>
            Views
            <ChevronDown aria-hidden="true" className="text-faint" />
          </>
        ),
      }}
    >
      {(close) => (
        <div className="flex flex-col gap-3">
          {views.length === 0 ? (
            <p className="text-soft text-sm">None yet. Set filters and save them under a name to find them here next time.</p>
          ) : (
            <ul className="-mx-2">
              {views.map((view) => (
                <li key={view.name} className="flex items-center gap-0.5">
                  <button
                    type="button"
                    onClick={() => {
                      close()
                      onChoose(view.search)
                    }}
                    className="min-h-8 pointer-coarse:min-h-10 min-w-0 flex-1 truncate rounded-md px-2 text-left text-sm hover:bg-hover"
                  >
                    <Inert text={view.name} />
                  </button>
                  <IconButton
                    label={`Remove the view ${view.name}`}
                    icon={<X />}
                    onClick={() => keep(views.filter((each) => each !== view))}
                  />
                </li>
              ))}
            </ul>
          )}
          <SaveView search={search} onSave={(view) => keep([...views.filter(({ name }) => name !== view.name), view])} />
          <p className="text-faint text-xs">Views are kept in this browser. To share one, send a link to this page.</p>
        </div>
      )}
    </Popover>
  )
}

function SaveView({ search, onSave }: { search: AuditSearch; onSave: (view: View) => void }) {
  const [name, setName] = useState('')
  const id = useId()
  const { event: _, ...filters } = search
  const hasFilters = countFilters(search) > 0
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSave({ name: name.trim(), search: filters })
    setName('')
  }
  return (
    <form onSubmit={submit}>
      <Field label="Save these filters as" htmlFor={id} hint={hasFilters ? undefined : 'No filter is set.'}>
        <div className="flex items-center gap-2">
          <Input id={id} value={name} maxLength={60} disabled={!hasFilters} onChange={(event) => setName(event.target.value)} />
          <Button submit disabled={!hasFilters || name.trim() === ''}>
            Save
          </Button>
        </div>
      </Field>
    </form>
  )
}
