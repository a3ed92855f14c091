import { X } from 'lucide-react'
import { type ReactNode, useId, useRef, useState } from 'react'
import { Button, IconButton } from './Button.tsx'
import { useModal } from './useModal.ts'

type Props = { title: ReactNode; onClose: () => void; children: ReactNode; footer?: ReactNode; wide?: boolean }

/** What a person types into. A box that is ticked again in a second is not lost by a key. */
const written = 'textarea, input:not([type=checkbox], [type=radio], [type=search])'
const holdsText = (dialog: Element | null): boolean =>
  [...(dialog?.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>(written) ?? [])].some(
    ({ type, value }) => type !== 'number' && value.trim() !== '',
  )

/**
 * The browser's own modal dialog: it keeps the focus, hides the rest and gives the focus back. Mounted means open. What somebody has
 * written into it is not thrown away by Escape or a slip of the mouse: it asks first.
 */
export function Dialog({ title, onClose, children, footer, wide = false }: Props) {
  const element = useModal()
  const titleId = useId()
  const hasWritten = useRef(false)
  const [isAsking, setAsking] = useState(false)
  const leave = () => {
    if (hasWritten.current && holdsText(element.current)) setAsking(true)
    else onClose()
  }
  return (
    <dialog
      ref={element}
      aria-labelledby={titleId}
      onInput={() => {
        hasWritten.current = true
      }}
      // The key is taken before the browser has it: a second Escape would close the dialog whatever we say.
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return
        event.preventDefault()
        if (isAsking) setAsking(false)
        else leave()
      }}
      onCancel={(event) => {
        event.preventDefault()
        leave()
      }}
      className={`appear m-auto flex max-h-[calc(100dvh-32px)] w-[calc(100vw-24px)] flex-col overflow-hidden rounded-lg border-0 bg-panel p-0 text-ink shadow-over max-sm:mb-3 ${wide ? 'max-w-[720px]' : 'max-w-[480px]'}`}
    >
      <header className="flex items-center gap-3 border-line border-b py-2.5 pr-2.5 pl-5">
        <h2 id={titleId} className="min-w-0 flex-1 truncate font-semibold text-base">
          {title}
        </h2>
        <IconButton label="Close" icon={<X />} onClick={leave} />
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto wrap-anywhere px-5 py-4">{children}</div>
      {isAsking ? (
        <Discard onKeep={() => setAsking(false)} onDiscard={onClose} />
      ) : footer ? (
        <footer className={footerClass}>{footer}</footer>
      ) : null}
    </dialog>
  )
}

const footerClass = 'flex flex-wrap items-center justify-end gap-2 border-line border-t bg-page px-5 py-3'

function Discard({ onKeep, onDiscard }: { onKeep: () => void; onDiscard: () => void }) {
  return (
    <footer className={footerClass}>
      <span role="alert" className="mr-auto text-sm text-warn">
        What you wrote would be lost
      </span>
      <Button autoFocus onClick={onKeep}>
        Keep writing
      </Button>
      <Button kind="danger" onClick={onDiscard}>
        Discard
      </Button>
    </footer>
  )
}
