import { CopyIcon } from './Copy.tsx'
import { shortId } from './format.ts'

type Props = { id: string; what?: string; whole?: boolean; className?: string }

/** An id: short, whole on hover, copied with one click. */
export function IdChip({ id, what = 'id', whole = false, className }: Props) {
  return (
    <span className={`group/id inline-flex min-w-0 max-w-full items-center gap-0.5 align-middle ${className ?? ''}`}>
      <span data-tip={whole ? undefined : id} className={whole ? 'id break-all' : 'id truncate'}>
        {whole ? id : shortId(id)}
      </span>
      <CopyIcon
        text={id}
        what={`${what} ${id}`}
        tabIndex={whole ? 0 : -1}
        className={whole ? '' : 'opacity-0 focus-visible:opacity-100 group-hover/id:opacity-100 pointer-coarse:hidden'}
      />
    </span>
  )
}

/** The same without the button, for rows. */
export function ShortId({ id, className = '' }: { id: string; className?: string }) {
  return (
    <span data-tip={id} className={`id truncate ${className}`}>
      {shortId(id)}
    </span>
  )
}
