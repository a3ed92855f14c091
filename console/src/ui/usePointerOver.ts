import { type RefObject, useEffect } from 'react'

/**
 * Tells when the mouse rests on something and when it has left. Asked of the document, because what lies under the pointer
 * may be taken away, and then nothing says that the pointer has left it.
 */
export const usePointerOver = (place: RefObject<Element | null>, onChange: ((isOver: boolean) => void) | undefined) => {
  useEffect(() => {
    if (!onChange) return
    const onOver = (event: PointerEvent) =>
      onChange(event.pointerType === 'mouse' && place.current?.contains(event.target as Node) === true)
    const onLeave = () => onChange(false)
    document.addEventListener('pointerover', onOver)
    document.documentElement.addEventListener('pointerleave', onLeave)
    return () => {
      onChange(false)
      document.removeEventListener('pointerover', onOver)
      document.documentElement.removeEventListener('pointerleave', onLeave)
    }
  }, [place, onChange])
}
