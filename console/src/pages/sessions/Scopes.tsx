import { useQuery } from '@tanstack/react-query'
import clsx from 'clsx'
import { scopesQuery } from '../../api/sessions.ts'
import { byWeight, isChanging, presetOf } from './presets.ts'

const mostChanging = 2

export function ScopeTag({ scope, isAmber = isChanging(scope) }: { scope: string; isAmber?: boolean }) {
  return (
    <span
      className={clsx(
        'id inline-flex min-h-5 min-w-0 items-center rounded-sm border px-1.5',
        isAmber ? 'border-warn-edge bg-warn-wash text-warn' : 'border-line bg-sunk text-soft',
      )}
    >
      <span className="truncate">{scope}</span>
    </span>
  )
}

/** Scopes in the room of one line: a preset's name, or what can change something, then the first that reads and how many more. */
export function Scopes({ scopes }: { scopes: readonly string[] }) {
  const { data: catalogue } = useQuery(scopesQuery)
  const preset = catalogue && presetOf(catalogue, scopes)
  const changing = scopes.filter(isChanging)
  const reading = scopes.filter((scope) => !isChanging(scope))
  const shown = changing.length === 0 ? reading.slice(0, 1) : []
  const rest = reading.length - shown.length
  return (
    <span data-tip={byWeight(scopes).join('\n')} className="flex min-w-0 items-center gap-1">
      {preset ? (
        <ScopeTag scope={preset} isAmber={changing.length > 0} />
      ) : (
        <>
          {changing.length > mostChanging ? (
            <ScopeTag scope={`${changing.length} can change data`} isAmber />
          ) : (
            changing.map((scope) => <ScopeTag key={scope} scope={scope} />)
          )}
          {shown.map((scope) => (
            <ScopeTag key={scope} scope={scope} />
          ))}
          {rest > 0 ? <span className="shrink-0 text-faint text-xs">+{rest}</span> : null}
        </>
      )}
    </span>
  )
}
