import { type ReactNode, type Ref, type RefObject, Suspense, useId, useImperativeHandle, useRef, useState } from 'react'

export type Opened = {
  button: HTMLButtonElement
  isOpen: boolean
  onOpen: (open: boolean) => void
  /** How it is closed by the button, where that takes more than closing. */
  closing: RefObject<(() => void) | null>
}
type Props = {
  popup: 'menu' | 'dialog'
  className: string
  children: ReactNode
  /** What opens beside the button: a part that is fetched when it is first needed. */
  popped: (opened: Opened) => ReactNode
  /** Fetches what else will be needed. */
  onNear?: (() => void) | undefined
}

/** A button that opens something beside it. That is there, closed, from when the button is pointed at or has the focus. */
export function Opener({ popup, className, children, popped, onNear }: Props) {
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const [isOpen, setOpen] = useState(false)
  const [isNear, setNear] = useState(false)
  const closing = useRef<() => void>(null)
  const approach = () => {
    setNear(true)
    onNear?.()
  }
  return (
    <>
      <button
        ref={button}
        type="button"
        id={id}
        aria-haspopup={popup}
        aria-expanded={isOpen}
        className={className}
        onPointerEnter={approach}
        onFocus={approach}
        onClick={() => {
          approach()
          if (isOpen && closing.current) closing.current()
          else setOpen(!isOpen)
        }}
        onKeyDown={(event) => {
          if (popup !== 'menu' || event.key !== 'ArrowDown') return
          event.preventDefault()
          setOpen(true)
        }}
      >
        {children}
      </button>
      {isNear && button.current ? <Suspense>{popped({ button: button.current, isOpen, onOpen: setOpen, closing })}</Suspense> : null}
    </>
  )
}

/** The button, for a library that wants to render what opens: it hands over the element that is there already. */
export function ButtonRef({ button, ref }: { button: HTMLButtonElement; ref?: Ref<HTMLButtonElement> }) {
  useImperativeHandle(ref, () => button, [button])
  return null
}
