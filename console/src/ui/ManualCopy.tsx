import { useLayoutEffect, useRef } from 'react'
import { copyKey } from './clipboard.ts'

type Props = { text: string; what: string; onCopied: () => void; onClose: () => void }

/** The text itself, selected, where the browser does not let us copy it. A popover, so that no dialog or cell hides it. */
export function ManualCopy({ text, what, onCopied, onClose }: Props) {
  const box = useRef<HTMLSpanElement>(null)
  const field = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => {
    const { bottom = 0, right = 0 } = box.current?.parentElement?.getBoundingClientRect() ?? {}
    box.current?.showPopover()
    if (box.current) {
      const { width, height } = box.current.getBoundingClientRect()
      box.current.style.top = `${Math.max(8, Math.min(bottom + 4, innerHeight - height - 8))}px`
      box.current.style.left = `${Math.max(8, Math.min(right - width, innerWidth - width - 8))}px`
    }
    field.current?.focus()
    field.current?.select()
    // Hidden before it is gone, it gives the focus back.
    const shown = box.current
    return () => shown?.hidePopover()
  }, [])
  return (
    <span
      ref={box}
      popover="auto"
      onToggle={(event) => event.newState === 'closed' && onClose()}
      className="fixed inset-auto m-0 w-72 rounded-lg border-0 bg-panel p-3 text-ink text-sm shadow-over"
    >
      <span role="status" className="block pb-2">
        Press {copyKey} to copy
      </span>
      <input
        ref={field}
        readOnly
        aria-label={what}
        value={text}
        onCopy={onCopied}
        // Escape closes this alone, not the dialog that it stands in.
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          event.preventDefault()
          event.stopPropagation()
          onClose()
        }}
        className="id h-8 w-full rounded-md border border-field bg-sunk px-2"
      />
    </span>
  )
}
