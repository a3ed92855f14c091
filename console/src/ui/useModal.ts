import { type RefObject, useLayoutEffect, useRef } from 'react'
import { focusedNow, giveFocusBack } from './focus.ts'

/** Opens a dialog with its component and closes it with it. What has `data-autofocus` gets the focus; what had it before gets it back. */
export const useModal = (): RefObject<HTMLDialogElement | null> => {
  const element = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const dialog = element.current
    const before = focusedNow()
    dialog?.showModal()
    dialog?.querySelector<HTMLElement>('[data-autofocus]')?.focus()
    return () => {
      dialog?.close()
      giveFocusBack(dialog, before)
    }
  }, [])
  return element
}
