import { X } from 'lucide-react'
import { type ReactNode, useId } from 'react'
import { IconButton } from './Button.tsx'
import { Discard, useUnsaved } from './Unsaved.tsx'
import { useModal } from './useModal.ts'

type Props = { title: ReactNode; onClose: () => void; children: ReactNode; footer?: ReactNode; wide?: boolean }

/** The browser's own modal dialog: it keeps the focus, hides the rest and gives the focus back. Mounted means open. */
export function Dialog({ title, onClose, children, footer, wide = false }: Props) {
  const element = useModal()
  const titleId = useId()
  const { isAsking, keep, discard, leave, onInput } = useUnsaved(element, onClose)
  return (
    <dialog
      ref={element}
      aria-labelledby={titleId}
      onInput={onInput}
      // The key is taken before the browser has it: a second Escape would close the dialog whatever we say.
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return
        event.preventDefault()
        if (isAsking) keep()
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
        <Discard onKeep={keep} onDiscard={discard} className="px-5 py-3" />
      ) : footer ? (
        <footer className="flex flex-wrap items-center justify-end gap-2 border-line border-t bg-page px-5 py-3">{footer}</footer>
      ) : null}
    </dialog>
  )
}
