import clsx from 'clsx'
import type { ReactNode } from 'react'

type Props<Value extends string> = {
  label: string
  value: Value
  onChoose: (value: Value) => void
  options: readonly { value: Value; label: ReactNode }[]
}

/** One of several, in as many lines as they take. */
export function Options<Value extends string>({ label, value, onChoose, options }: Props<Value>) {
  return (
    <fieldset className="flex min-w-0 flex-wrap gap-1.5">
      <legend className="mb-1.5 font-medium text-sm">{label}</legend>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChoose(option.value)}
          className={clsx(
            'inline-flex h-8 max-w-full items-center rounded-md border px-2.5 text-sm transition-colors pointer-coarse:h-10',
            option.value === value ? 'border-accent bg-chosen font-medium' : 'border-field text-soft hover:text-ink',
          )}
        >
          <span className="min-w-0 truncate">{option.label}</span>
        </button>
      ))}
    </fieldset>
  )
}
