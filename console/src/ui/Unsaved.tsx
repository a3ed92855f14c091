import { type RefObject, useLayoutEffect, useRef, useState } from 'react'
import { Button } from './Button.tsx'
import { useFocusBack } from './focus.ts'

/** What a person types into. A box that is ticked again in a second is not lost by a key, and what is in force already is not lost at all. */
const written = 'textarea, input:not([type=checkbox], [type=radio], [type=search], [type=number])'
const holdsText = (place: Element | null): boolean =>
  [...(place?.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>(written) ?? [])].some(
    (field) => field.value.trim() !== '' && field.closest('[data-in-force=true]') === null,
  )

/**
 * What somebody has written into a dialog, a sheet or a popover is not thrown away by Escape or a slip of the mouse: `leave` asks first,
 * and a second Escape goes back to the writing.
 */
export const useUnsaved = (place: RefObject<Element | null>, onClose: () => void) => {
  const hasWritten = useRef(false)
  const [isAsking, setAsking] = useState(false)
  return {
    isAsking,
    keep: () => setAsking(false),
    discard: () => {
      setAsking(false)
      onClose()
    },
    leave: () => (hasWritten.current && holdsText(place.current) ? setAsking(true) : onClose()),
    onInput: () => {
      hasWritten.current = true
    },
  }
}

export function Discard({ onKeep, onDiscard, className = '' }: { onKeep: () => void; onDiscard: () => void; className?: string }) {
  const place = useRef<HTMLElement>(null)
  useFocusBack(place)
  useLayoutEffect(() => place.current?.querySelector('button')?.focus(), [])
  return (
    <footer ref={place} className={`flex flex-wrap items-center justify-end gap-2 border-line border-t bg-page ${className}`}>
      <span role="alert" className="mr-auto text-sm text-warn">
        What you wrote would be lost
      </span>
      <Button onClick={onKeep}>Keep writing</Button>
      <Button kind="danger" onClick={onDiscard}>
        Discard
      </Button>
    </footer>
  )
}
