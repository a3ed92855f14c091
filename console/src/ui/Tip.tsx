import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { formatBoth } from './format.ts'
import { Inert } from './Inert.tsx'

type Shown = { text: string; anchor: DOMRect }
const delayMs = 250
const overflows = (element: Element) => element.scrollWidth > element.clientWidth + 1
/** Whether any of the text is hidden for want of room. */
const isCut = (element: Element) => overflows(element) || [...element.querySelectorAll('*')].some(overflows)

const textOf = (element: Element): string | null => {
  const at = element.getAttribute('data-tip-at')
  return at ? formatBoth(at) : element.getAttribute('data-tip')
}

/** Shows the `data-tip`, or the instant of the `data-tip-at`, of whatever is hovered or focused. One for the whole console, above every dialog. */
export function TipHost() {
  const [shown, setShown] = useState<Shown | null>(null)
  const box = useRef<HTMLDivElement>(null)

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let over: Element | null = null
    const hide = () => {
      clearTimeout(timer)
      over = null
      setShown(null)
    }
    const show = (element: Element | null, wait: number) => {
      if (element === over) return
      hide()
      const text = element && textOf(element)
      if (!element || !text || (element.hasAttribute('data-cut') && !isCut(element))) return
      over = element
      timer = setTimeout(() => element.isConnected && setShown({ text, anchor: element.getBoundingClientRect() }), wait)
    }
    const find = (target: EventTarget | null) => (target instanceof Element ? target.closest('[data-tip], [data-tip-at]') : null)
    const onOver = (event: PointerEvent) => {
      if (event.pointerType === 'touch' || box.current?.contains(event.target as Node)) return
      show(find(event.target), delayMs)
    }
    const onFocus = (event: FocusEvent) => {
      const element = find(event.target)
      if (element?.matches(':focus-visible')) show(element, 0)
    }
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && hide()
    document.addEventListener('pointerover', onOver)
    document.addEventListener('focusin', onFocus)
    document.addEventListener('focusout', hide)
    document.addEventListener('keydown', onKey)
    document.addEventListener('pointerdown', hide)
    document.addEventListener('scroll', hide, true)
    return () => {
      hide()
      document.removeEventListener('pointerover', onOver)
      document.removeEventListener('focusin', onFocus)
      document.removeEventListener('focusout', hide)
      document.removeEventListener('keydown', onKey)
      document.removeEventListener('pointerdown', hide)
      document.removeEventListener('scroll', hide, true)
    }
  }, [])

  useLayoutEffect(() => {
    const element = box.current
    if (!element || !shown) return
    element.showPopover()
    const { width, height } = element.getBoundingClientRect()
    const below = shown.anchor.bottom + 6
    const top = below + height > innerHeight - 8 ? shown.anchor.top - height - 6 : below
    const left = Math.min(Math.max(8, shown.anchor.left + shown.anchor.width / 2 - width / 2), innerWidth - width - 8)
    element.style.top = `${Math.max(8, top)}px`
    element.style.left = `${left}px`
    return () => element.hidePopover()
  }, [shown])

  return (
    <div
      ref={box}
      popover="manual"
      // A second sight of what is there: assistive technology has the text itself.
      aria-hidden="true"
      className="fixed inset-auto m-0 max-w-96 whitespace-pre-line break-words rounded-md border-0 bg-panel px-2 py-1.5 text-ink text-xs shadow-over nums"
    >
      {shown ? <Inert text={shown.text} /> : null}
    </div>
  )
}
