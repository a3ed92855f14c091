import clsx from 'clsx'
import type { ComponentProps, ReactNode } from 'react'

export type ButtonKind = 'main' | 'plain' | 'quiet' | 'danger'
type Size = 'small' | 'medium'

const kinds: Record<ButtonKind, string> = {
  main: 'bg-accent-fill text-on-accent border-transparent not-disabled:hover:bg-accent-fill-hover',
  plain: 'bg-panel text-ink border-edge not-disabled:hover:bg-hover',
  quiet: 'bg-transparent text-soft border-transparent not-disabled:hover:bg-sunk not-disabled:hover:text-ink',
  danger: 'bg-panel text-bad border-bad-edge not-disabled:hover:bg-bad-wash',
}
const sizes: Record<Size, string> = { small: 'h-7 px-2 text-sm gap-1.5', medium: 'h-8 px-3 text-sm gap-2' }

export const buttonClass = (kind: ButtonKind = 'plain', size: Size = 'medium') =>
  clsx(
    'inline-flex shrink-0 select-none items-center justify-center whitespace-nowrap rounded-md border font-medium transition-colors pointer-coarse:min-h-10 pointer-coarse:min-w-10',
    'disabled:border-line disabled:bg-sunk disabled:text-faint [&_svg]:size-3.5 [&_svg]:shrink-0',
    kinds[kind],
    sizes[size],
  )

type Props = Omit<ComponentProps<'button'>, 'type'> & { kind?: ButtonKind; size?: Size; icon?: ReactNode; submit?: boolean }

export function Button({ kind = 'plain', size = 'medium', icon, submit = false, className, children, ...rest }: Props) {
  return (
    <button type={submit ? 'submit' : 'button'} className={clsx(buttonClass(kind, size), className)} {...rest}>
      {icon}
      {children}
    </button>
  )
}

type IconProps = Omit<ComponentProps<'button'>, 'type' | 'children'> & { label: string; icon: ReactNode; tip?: string }

export function IconButton({ label, icon, tip, className, ...rest }: IconProps) {
  return (
    <button
      type="button"
      aria-label={label}
      data-tip={tip ?? label}
      className={clsx(
        'inline-flex size-7 pointer-coarse:size-10 shrink-0 items-center justify-center rounded-md text-soft transition-colors hover:bg-sunk hover:text-ink [&_svg]:size-4',
        className,
      )}
      {...rest}
    >
      {icon}
    </button>
  )
}
