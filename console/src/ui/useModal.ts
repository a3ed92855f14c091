import { type RefObject, useLayoutEffect, useRef } from 'react'

/** What had the focus; of a menu that closes as the dialog opens, what opened the menu. */
const focusedBefore = (): HTMLElement | null => {
  const focused = document.activeElement
  const opener = focused?.closest('[role=menu]')?.getAttribute('aria-labelledby')
  const element = opener ? document.getElementById(opener) : focused
  return element instanceof HTMLElement && element !== document.body ? element : null
}

/**
 * Opens a dialog with its component and closes it with it. What has `data-autofocus` gets the focus; what had it before gets it back, or the
 * page where that is gone, so that the next key goes somewhere.
 */
export const useModal = (): RefObject<HTMLDialogElement | null> => {
  const element = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const dialog = element.current
    const before = focusedBefore()
    dialog?.showModal()
    dialog?.querySelector<HTMLElement>('[data-autofocus]')?.focus()
    return () => {
      dialog?.close()
      const isLost = document.activeElement === null || document.activeElement === document.body || dialog?.contains(document.activeElement)
      if (isLost) (before?.isConnected ? before : document.getElementById('main'))?.focus({ preventScroll: true })
    }
  }, [])
  return element
}
