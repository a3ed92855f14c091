import { type RefObject, useEffect } from 'react'

/**
 * Tells when somebody is at something: the mouse rests on it, or the focus is inside. Asked of the document, because what lies
 * under the pointer or has the focus may be taken away, and then nothing says that it was left.
 */
export const useAttention = (place: RefObject<Element | null>, onChange: ((isThere: boolean) => void) | undefined) => {
  useEffect(() => {
    if (!onChange) return
    let isOver = false
    const tell = (isFocused = place.current?.contains(document.activeElement) === true) => onChange(isOver || isFocused)
    const onOver = (event: PointerEvent) => {
      isOver = event.pointerType === 'mouse' && place.current?.contains(event.target as Node) === true
      tell()
    }
    const onLeave = () => {
      isOver = false
      tell()
    }
    const onFocus = () => tell()
    const onBlur = (event: FocusEvent) => tell(event.relatedTarget instanceof Node && place.current?.contains(event.relatedTarget))
    document.addEventListener('pointerover', onOver)
    document.documentElement.addEventListener('pointerleave', onLeave)
    document.addEventListener('focusin', onFocus)
    document.addEventListener('focusout', onBlur)
    return () => {
      onChange(false)
      document.removeEventListener('pointerover', onOver)
      document.documentElement.removeEventListener('pointerleave', onLeave)
      document.removeEventListener('focusin', onFocus)
      document.removeEventListener('focusout', onBlur)
    }
  }, [place, onChange])
}
