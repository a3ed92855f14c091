import clsx from 'clsx'
import { Inert } from './Inert.tsx'

type Kind = 'staff' | 'user'
const initial = (text: string) => (/[\p{L}\p{N}]/u.exec(text)?.[0] ?? '?').toUpperCase()

/** Staff are square, users are round. */
export function Avatar({ of, kind, size = 20 }: { of: string; kind: Kind; size?: number }) {
  return (
    <span
      aria-hidden="true"
      style={{ width: size, height: size, fontSize: Math.round(size * 0.5) }}
      className={clsx(
        'inline-flex shrink-0 select-none items-center justify-center border font-semibold leading-none',
        kind === 'staff' ? 'rounded-sm border-accent-edge bg-accent-wash text-accent' : 'rounded-full border-edge bg-sunk text-soft',
      )}
    >
      {initial(of)}
    </span>
  )
}

type Props = { email: string; name?: string | null; kind: Kind; stacked?: boolean }

/** E-mail first, name second, never a bare id. */
export function Person({ email, name, kind, stacked = false }: Props) {
  return (
    <span className={clsx('inline-flex min-w-0 max-w-full items-center', stacked ? 'gap-2.5' : 'gap-2')}>
      <Avatar of={name ?? email} kind={kind} size={stacked ? 28 : 20} />
      <span data-tip={name ? `${email}\n${name}` : email} data-cut className={clsx('min-w-0', stacked ? 'flex flex-col' : 'truncate')}>
        <Inert text={email} className={stacked ? 'truncate' : ''} />
        {name && stacked ? <Inert text={name} className="truncate text-faint text-xs" /> : null}
        {name && !stacked ? (
          <>
            {' '}
            <Inert text={name} className="text-faint" />
          </>
        ) : null}
      </span>
    </span>
  )
}
