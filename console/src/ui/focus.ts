import { type RefObject, useLayoutEffect } from 'react'

/** What has the focus; of a menu that closes as something opens, what opened the menu. */
export const focusedNow = (): HTMLElement | null => {
  const focused = document.activeElement
  const opener = focused?.closest('[role=menu]')?.getAttribute('aria-labelledby')
  const element = opener ? document.getElementById(opener) : focused
  return element instanceof HTMLElement && element !== document.body ? element : null
}

/** Where closing something leaves the focus nowhere, it goes back; to the page where that is gone, so that the next key goes somewhere. */
export const giveFocusBack = (closed: Element | null, before: HTMLElement | null) => {
  const { activeElement: now, body } = document
  const isLost = now === null || now === body || closed?.contains(now)
  if (isLost) (before?.isConnected ? before : document.getElementById('main'))?.focus({ preventScroll: true })
}

/** For what opens on the page itself: closed with the focus inside, it gives it back to what had it last outside. */
export const useFocusBack = (place: RefObject<Element | null>) => {
  useLayoutEffect(() => {
    const element = place.current
    let last = focusedNow()
    const onFocus = ({ target }: FocusEvent) => {
      if (target instanceof HTMLElement && !element?.contains(target)) last = target
    }
    document.addEventListener('focusin', onFocus)
    return () => {
      document.removeEventListener('focusin', onFocus)
      giveFocusBack(element, last)
    }
  }, [place])
}
