import { Trash2 } from 'lucide-react'
import { type FormEvent, useId, useState } from 'react'
import { Button, IconButton } from '../../ui/Button.tsx'
import { Input } from '../../ui/Field.tsx'
import type { TenantsSearch } from './search.ts'
import { isSameSearch, useViews } from './views.ts'

export type ViewsProps = { search: TenantsSearch; onOpen: (search: TenantsSearch) => void }

export function ViewList({ search, onOpen }: ViewsProps) {
  const { views, isFull, save, remove } = useViews()
  const [name, setName] = useState('')
  const id = useId()
  const isKept = views.some((view) => isSameSearch(view.search, search))
  const isEmpty = isSameSearch(search, {})
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() === '') return
    save({ name: name.trim(), search })
    setName('')
  }
  return (
    <div className="flex flex-col gap-2">
      {views.length === 0 ? (
        <p className="px-1 text-faint text-xs">Filter or sort the tenants, then save that here under a name. It stays in this browser.</p>
      ) : (
        <ul aria-label="Saved views">
          {views.map((view) => (
            <li key={view.name} className="flex items-center gap-1">
              <button
                type="button"
                aria-current={isSameSearch(view.search, search) || undefined}
                onClick={() => onOpen(view.search)}
                className="min-h-8 min-w-0 flex-1 truncate rounded-md px-2 text-left text-sm hover:bg-sunk aria-[current]:font-medium pointer-coarse:min-h-10"
              >
                {view.name}
              </button>
              <IconButton label={`Delete the view ${view.name}`} tip="Delete" icon={<Trash2 />} onClick={() => remove(view.name)} />
            </li>
          ))}
        </ul>
      )}
      {isEmpty || isKept ? null : (
        <form onSubmit={submit} className="flex items-center gap-2 p-1">
          <label htmlFor={id} className="sr-only">
            Name of the view
          </label>
          <Input id={id} value={name} maxLength={60} placeholder="Name for this view" onChange={(event) => setName(event.target.value)} />
          <Button submit disabled={name.trim() === '' || isFull}>
            Save
          </Button>
        </form>
      )}
      {isFull ? <p className="px-1 text-faint text-xs">There are 20 views: delete one before you save another.</p> : null}
    </div>
  )
}
