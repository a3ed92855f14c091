import type { Choice } from '@countersign/contract/choice.ts'
import { foldName } from '@countersign/contract/fold.ts'
import clsx from 'clsx'
import { Ban, Check } from 'lucide-react'
import { type ReactNode, useId, useState } from 'react'
import { Input } from '../../ui/Field.tsx'

type Option = { value: string; label: ReactNode; isName?: boolean }
type Props = {
  label: string
  groups: readonly { label: string; options: readonly Option[] }[]
  choice: Choice
  onChoose: (value: string, as: keyof Choice | undefined) => void
}

/** So many need a field to find them by. */
const longList = 20

/** Values to let through or to leave out, each by itself; several may be either. */
export function ChoiceList({ label, groups, choice, onChoose }: Props) {
  const [sought, setSought] = useState('')
  const id = useId()
  const isLong = groups.reduce((sum, { options }) => sum + options.length, 0) > longList
  const shown = groups
    .map((group) => ({ ...group, options: group.options.filter(({ value }) => foldName(value).includes(foldName(sought))) }))
    .filter(({ options }) => options.length > 0)
  return (
    <div className="flex min-w-0 flex-col gap-1">
      {isLong ? (
        <>
          <label htmlFor={id} className="sr-only">
            Find in {label}
          </label>
          <Input
            id={id}
            type="search"
            value={sought}
            placeholder={`Find ${label.toLowerCase()}`}
            onChange={(event) => setSought(event.target.value)}
          />
        </>
      ) : null}
      <div className={clsx('flex flex-col gap-1 overflow-y-auto', isLong && 'max-h-80')}>
        {shown.map((group) => (
          <fieldset key={group.label} className="min-w-0">
            <legend className="px-2 pt-1.5 pb-1 text-faint text-xs">{group.label}</legend>
            {group.options.map((option) => (
              <ChoiceRow key={option.value} option={option} choice={choice} onChoose={onChoose} />
            ))}
          </fieldset>
        ))}
        {shown.length === 0 ? <p className="px-2 py-1.5 text-faint text-sm">No name contains that.</p> : null}
      </div>
    </div>
  )
}

function ChoiceRow({ option: { value, label, isName }, choice, onChoose }: { option: Option } & Pick<Props, 'choice' | 'onChoose'>) {
  const isIn = choice.any.includes(value)
  const isOut = choice.none.includes(value)
  return (
    <div className="flex items-center gap-0.5">
      <button
        type="button"
        aria-pressed={isIn}
        onClick={() => onChoose(value, isIn ? undefined : 'any')}
        className="flex min-h-7 pointer-coarse:min-h-10 min-w-0 flex-1 items-center gap-2 rounded-md px-2 text-left text-sm hover:bg-hover"
      >
        <Check aria-hidden="true" className={clsx('size-3.5 shrink-0', isIn ? 'text-accent' : 'invisible')} />
        <span className={clsx('min-w-0 truncate', isName && 'id', isOut && 'text-faint line-through')}>{label}</span>
      </button>
      <button
        type="button"
        aria-pressed={isOut}
        aria-label={`Leave out ${value}`}
        data-tip="Leave out"
        onClick={() => onChoose(value, isOut ? undefined : 'none')}
        className={clsx(
          'flex size-7 pointer-coarse:size-10 shrink-0 items-center justify-center rounded-md hover:bg-hover',
          isOut ? 'text-bad' : 'text-faint',
        )}
      >
        <Ban aria-hidden="true" className="size-3.5" />
      </button>
    </div>
  )
}
