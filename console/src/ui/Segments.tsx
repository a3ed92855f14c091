import clsx from 'clsx'
import type { ReactNode } from 'react'

type Props<Value extends string> = {
  label: string
  value: Value
  onChoose: (value: Value) => void
  options: readonly { value: Value; label: ReactNode }[]
  className?: string
}

/** One of a few, side by side. */
export function Segments<Value extends string>({ label, value, onChoose, options, className }: Props<Value>) {
  return (
    <fieldset
      className={clsx(
        'flex h-8 min-w-0 items-stretch overflow-x-auto rounded-md border border-field bg-panel p-0.5 pointer-coarse:h-11.5',
        className,
      )}
    >
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChoose(option.value)}
          className={clsx(
            'flex shrink-0 items-center gap-1.5 whitespace-nowrap rounded-sm px-2 text-sm transition-colors -outline-offset-2',
            option.value === value ? 'bg-chosen font-medium text-ink inset-ring inset-ring-accent' : 'text-soft hover:text-ink',
          )}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  )
}
