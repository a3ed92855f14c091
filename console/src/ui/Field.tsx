import clsx from 'clsx'
import type { ComponentProps, ReactNode } from 'react'

type FieldProps = {
  label: string
  htmlFor: string
  hint?: ReactNode
  error?: string | undefined
  aside?: ReactNode
  optional?: boolean
  children: ReactNode
}

export const describedBy = (id: string) => `${id}-hint ${id}-error`

/** A label, the input below it, and what is wrong with it in the place where a hint stood. */
export function Field({ label, htmlFor, hint, error, aside, optional = false, children }: FieldProps) {
  return (
    <div className="flex flex-col gap-1.5">
      <div className="flex items-baseline gap-2">
        <label htmlFor={htmlFor} className="font-medium text-sm">
          {label}
        </label>
        {optional ? <span className="text-faint text-xs">optional</span> : null}
        <span className="ml-auto text-xs">{aside}</span>
      </div>
      {children}
      {error ? (
        <p id={`${htmlFor}-error`} role="alert" className="text-bad text-xs">
          {error}
        </p>
      ) : hint ? (
        <p id={`${htmlFor}-hint`} className="text-faint text-xs">
          {hint}
        </p>
      ) : null}
    </div>
  )
}

export const inputClass = clsx(
  'w-full rounded-md border border-field bg-panel px-2.5 text-ink text-sm transition-colors',
  'hover:border-faint focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0',
  'aria-invalid:border-bad disabled:bg-sunk disabled:text-faint',
)

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input className={clsx(inputClass, 'h-8 pointer-coarse:h-10', className)} autoComplete="off" spellCheck={false} {...rest} />
}

export function TextArea({ className, ...rest }: ComponentProps<'textarea'>) {
  return (
    <textarea className={clsx(inputClass, className?.includes('min-h-') || 'min-h-18', 'resize-y py-1.5 leading-5', className)} {...rest} />
  )
}
