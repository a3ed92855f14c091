import { type RefObject, useLayoutEffect, useRef } from 'react'

/** Opens a dialog with its component and closes it with it. What has `data-autofocus` gets the focus; what had it before gets it back. */
export const useModal = (): RefObject<HTMLDialogElement | null> => {
  const element = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const dialog = element.current
    dialog?.showModal()
    dialog?.querySelector<HTMLElement>('[data-autofocus]')?.focus()
    return () => dialog?.close()
  }, [])
  return element
}
