import type { ScopeCatalogue } from '@countersign/contract/scopes.ts'
import clsx from 'clsx'
import { Tag } from '../../ui/Badge.tsx'
import { PathText } from '../../ui/PathText.tsx'
import { canChange, presetOf } from './presets.ts'

type Props = { catalogue: ScopeCatalogue; chosen: readonly string[]; onChoose: (scopes: string[]) => void }
/** Presets above, the scopes below, and the routes that each opens. */
export function ScopeChoice({ catalogue, chosen, onChoose }: Props) {
  const preset = presetOf(catalogue, chosen)
  const toggle = (scope: string) => onChoose(chosen.includes(scope) ? chosen.filter((each) => each !== scope) : [...chosen, scope])
  return (
    <fieldset className="flex min-w-0 flex-col gap-1.5">
      <div className="flex items-center gap-2">
        <legend className="float-left font-medium text-sm">Scopes</legend>
        <span className="text-faint text-xs nums">
          {chosen.length} of {catalogue.scopes.length} chosen
        </span>
        <span className="ml-auto flex flex-wrap gap-1.5">
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
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <ul aria-label="Scopes" tabIndex={0} className="max-h-60 divide-y divide-line overflow-y-auto rounded-md border border-field">
        {catalogue.scopes.map((entry) => (
          <li key={entry.scope}>
            <label className="flex cursor-pointer items-start gap-2.5 px-2.5 py-1.5 text-sm hover:bg-hover pointer-coarse:py-2.5">
              <input
                type="checkbox"
                checked={chosen.includes(entry.scope)}
                onChange={() => toggle(entry.scope)}
                className="mt-[3px] size-3.5 shrink-0 accent-accent-fill"
              />
              <span className="flex min-w-0 flex-1 flex-col sm:flex-row sm:gap-3">
                <span className="id shrink-0 wrap-anywhere leading-5 sm:w-44">{entry.scope}</span>
                <span className="flex min-w-0 flex-1 flex-col">
                  {entry.routes.map((route) => (
                    <span key={`${route.method} ${route.path}`} className="id text-faint leading-5">
                      {route.method} <PathText path={route.path} />
                    </span>
                  ))}
                </span>
              </span>
              {canChange(entry) ? <Tag tone="amber">can change data</Tag> : null}
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  )
}
