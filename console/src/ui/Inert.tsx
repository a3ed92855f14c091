import { isPlain, splitInert } from './inert.ts'

/** Text that others wrote: isolated from the direction of what surrounds it, with marks for what cannot be seen. Null was erased. */
export function Inert({ text, className }: { text: string | null; className?: string }) {
  if (text === null) return <span className="text-faint italic">erased</span>
  if (isPlain(text)) return <bdi className={className}>{text}</bdi>
  return (
    <bdi className={className}>
      {splitInert(text).map((piece, at) =>
        piece.kind === 'text' ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never move
          <span key={at}>{piece.text}</span>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never move
          <Mark key={at} label={piece.label} name={piece.name} />
        ),
      )}
    </bdi>
  )
}

function Mark({ label, name }: { label: string; name: string }) {
  return (
    <span
      role="img"
      aria-label={name}
      title={name}
      className="mx-px inline-block rounded-sm border border-warn-edge bg-warn-wash px-0.5 align-[0.05em] font-mono text-[0.72em] text-warn leading-[1.35]"
    >
      {label}
    </span>
  )
}

/** The classes of one line that is cut at its own end: on the left for scripts that run from the right. */
export const inertLine = 'block min-w-0 truncate text-left'

/** One line of it, whole on hover. */
export function InertLine({ text, className = '' }: { text: string | null; className?: string }) {
  return (
    <span data-tip={text ?? undefined} data-cut className={`block min-w-0 ${className}`}>
      <Inert text={text} className={inertLine} />
    </span>
  )
}
