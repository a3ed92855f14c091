import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import clsx from 'clsx'
import { ChevronDown } from 'lucide-react'
import { useId, useState } from 'react'
import { Tag } from '../../ui/Badge.tsx'
import { plural } from '../../ui/format.ts'
import { PathText } from '../../ui/PathText.tsx'
import { canChange, presetOf } from './presets.ts'

type Props = { catalogue: ScopeCatalogue; chosen: readonly string[]; onChoose: (scopes: string[]) => void }
/** A preset in one line, which is enough for most; the list of scopes, with the routes that each opens, on demand. */
export function ScopeChoice({ catalogue, chosen, onChoose }: Props) {
  const [isOpen, setOpen] = useState(false)
  const listId = useId()
  const preset = presetOf(catalogue, chosen)
  const changing = catalogue.scopes.filter((entry) => chosen.includes(entry.scope) && canChange(entry)).length
  const toggle = (scope: string) => onChoose(chosen.includes(scope) ? chosen.filter((each) => each !== scope) : [...chosen, scope])
  return (
    <fieldset className="flex min-w-0 flex-col gap-1.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <legend className="float-left font-medium text-sm">Scopes</legend>
        <span className="flex flex-wrap gap-1.5">
          {catalogue.presets.map(({ name, scopes }) => (
            <button
              key={name}
              type="button"
              aria-pressed={preset === name}
              onClick={() => onChoose([...scopes])}
              className={clsx(
                'id h-6 rounded-md border px-2 transition-colors pointer-coarse:h-10',
                preset === name ? 'border-accent-edge bg-accent-wash text-accent' : 'border-field text-soft hover:text-ink',
              )}
            >
              {name}
            </button>
          ))}
        </span>
        <span className="text-faint text-xs nums">
          {preset ? '' : 'custom · '}
          {plural(chosen.length, 'scope')} ·{' '}
          {changing === 0 ? 'cannot change data' : <span className="font-medium text-warn">{changing} can change data</span>}
        </span>
        <button
          type="button"
          aria-expanded={isOpen}
          aria-controls={listId}
          onClick={() => setOpen(!isOpen)}
          className="ml-auto inline-flex min-h-6 items-center gap-1 font-medium text-accent text-xs hover:underline pointer-coarse:min-h-10"
        >
          {isOpen ? 'Hide the scopes' : 'Choose scopes'}
          <ChevronDown aria-hidden="true" className={clsx('size-3.5', isOpen && 'rotate-180')} />
        </button>
      </div>
      {isOpen ? <ScopeList id={listId} catalogue={catalogue} chosen={chosen} onToggle={toggle} /> : null}
    </fieldset>
  )
}

type ListProps = Omit<Props, 'onChoose'> & { id: string; onToggle: (scope: string) => void }

function ScopeList({ id, catalogue, chosen, onToggle }: ListProps) {
  return (
    <ul
      id={id}
      aria-label="Scopes"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      className="divide-y divide-line rounded-md border border-field sm:max-h-60 sm:overflow-y-auto"
    >
      {catalogue.scopes.map((entry) => (
        <li key={entry.scope}>
          <label className="flex cursor-pointer items-start gap-2.5 px-2.5 py-1.5 text-sm hover:bg-hover pointer-coarse:py-2.5">
            <input
              type="checkbox"
              checked={chosen.includes(entry.scope)}
              onChange={() => onToggle(entry.scope)}
              className="mt-[3px] size-3.5 shrink-0 accent-accent-fill"
            />
            <span className="flex min-w-0 flex-1 flex-col sm:flex-row sm:gap-3">
              <span className="id shrink-0 wrap-anywhere leading-5 sm:w-44">{entry.scope}</span>
              <span className="flex min-w-0 flex-1 flex-col">
                {entry.routes.map((route) => (
                  <span key={`${route.method} ${route.path}`} className="id text-faint leading-5">
                    {route.method} <PathText path={route.path} />
                    {route.reads ? <span className="font-sans text-soft"> · read-only</span> : null}
                    {route.does ? <span className="font-sans text-soft"> · {route.does}</span> : null}
                  </span>
                ))}
              </span>
            </span>
            {canChange(entry) ? <Tag tone="amber">can change data</Tag> : null}
          </label>
        </li>
      ))}
    </ul>
  )
}
