import { Check, Copy } from 'lucide-react'
import { CopyIcon, useCopy } from './Copy.tsx'
import { shortId } from './format.ts'
import { toast } from './Toasts.tsx'

type Props = { id: string; what?: string; whole?: boolean; className?: string }

/** An id with the way to copy it. Where it is cut, it is whole on hover, on focus, and when it has been copied. */
export function IdChip({ id, what = 'id', whole = false, className = '' }: Props) {
  if (whole)
    return (
      <span className={`inline-flex min-w-0 max-w-full items-center gap-0.5 align-middle ${className}`}>
        <span className="id break-all">{id}</span>
        <CopyIcon text={id} what={`${what} ${id}`} />
      </span>
    )
  return <CutId id={id} what={what} className={className} />
}

function CutId({ id, what, className }: { id: string; what: string; className: string }) {
  const { isCopied, copy, manual } = useCopy({
    text: id,
    what: `${what} ${id}`,
    onCopied: () => toast(`Copied the ${what}`, <span className="id break-all">{id}</span>),
  })
  const Icon = isCopied ? Check : Copy
  return (
    <span className={`inline-flex min-w-0 max-w-full align-middle ${className}`}>
      <button
        type="button"
        data-tip={id}
        onClick={(event) => {
          event.stopPropagation()
          copy()
        }}
        className="group/id relative inline-flex min-h-6 min-w-0 items-center gap-1 text-left hover:text-ink pointer-coarse:min-h-8"
      >
        <span aria-hidden="true" className="id truncate">
          {shortId(id)}
        </span>
        <span className="sr-only">
          Copy {what} {id}
        </span>
        <Icon
          aria-hidden="true"
          className="size-3.5 shrink-0 opacity-0 group-hover/id:opacity-100 group-focus-visible/id:opacity-100 pointer-coarse:opacity-100"
        />
      </button>
      {manual}
    </span>
  )
}

/** The same without the button, for rows whose page has the whole one. */
export function ShortId({ id, className = '' }: { id: string; className?: string }) {
  return (
    <span data-tip={id} className={`id truncate ${className}`}>
      {shortId(id)}
    </span>
  )
}
