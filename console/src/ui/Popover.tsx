import type { ReactNode } from 'react'
import { lazyPart } from './lazyPart.tsx'
import { PopupNotLoaded } from './NotLoaded.tsx'
import { Opener } from './Opener.tsx'
import type { PopoverLook } from './PopoverBox.tsx'

export const PopoverBox = lazyPart(async () => (await import('./PopoverBox.tsx')).PopoverBox, PopupNotLoaded)

type Props = PopoverLook & {
  /** The button's own look and words. */
  button: { className: string; children: ReactNode }
  children: ReactNode | ((close: () => void) => ReactNode)
  onNear?: () => void
}

/** Something small beside what it belongs to. The page stays usable. */
export function Popover({ button, children, onNear, ...look }: Props) {
  return (
    <Opener
      popup="dialog"
      {...button}
      onNear={onNear}
      popped={(opened) => (
        <PopoverBox {...look} {...opened}>
          {typeof children === 'function' ? children(() => opened.onOpen(false)) : children}
        </PopoverBox>
      )}
    />
  )
}
