import { X } from 'lucide-react'
import { type ReactNode, useEffect, useLayoutEffect, useRef } from 'react'
import { IconButton } from './Button.tsx'
import { useFocusBack } from './focus.ts'
import { isTaken } from './keys.ts'

/** The grid of a table and the panel beside it. */
export const besideClass = 'grid items-start lg:grid-cols-[minmax(0,1fr)_400px] lg:gap-4'

const leastRoom = 240

type Props = { label: string; title: ReactNode; state?: ReactNode; closeLabel: string; onClose: () => void; children: ReactNode }

/** What was chosen in a table: at its side, and over the page alone where there is no room at the side. Escape closes it. */
export function SidePanel({ label, title, state, closeLabel, onClose, children }: Props) {
  const panel = useRef<HTMLElement>(null)
  useFocusBack(panel)
  useEffect(() => {
    const onKey = (key: KeyboardEvent) => key.key === 'Escape' && !isTaken(key) && onClose()
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [onClose])

  // It ends where the page ends, and leaves the lines above and the bar below the page alone.
  useLayoutEffect(() => {
    const main = document.getElementById('main')
    const element = panel.current
    if (!main || !element) return
    const fit = () => {
      const { top, bottom } = main.getBoundingClientRect()
      const room = Math.max(leastRoom, bottom - Math.max(top, element.getBoundingClientRect().top) - 12)
      element.style.setProperty('--top', `${top}px`)
      element.style.setProperty('--bottom', `${innerHeight - bottom}px`)
      element.style.setProperty('--room', `${room}px`)
    }
    fit()
    element.scrollIntoView({ block: 'nearest' })
    const observer = new ResizeObserver(fit)
    observer.observe(main)
    main.addEventListener('scroll', fit, { passive: true })
    return () => {
      observer.disconnect()
      main.removeEventListener('scroll', fit)
    }
  }, [])

  return (
    <aside
      ref={panel}
      aria-label={label}
      className="appear flex min-w-0 flex-col overflow-y-auto rounded-lg border border-line bg-panel max-lg:fixed max-lg:top-(--top) max-lg:right-0 max-lg:bottom-(--bottom) max-lg:z-30 max-lg:w-full max-lg:max-w-[440px] max-lg:rounded-none max-lg:shadow-over lg:sticky lg:top-3 lg:max-h-(--room)"
    >
      <header className="sticky top-0 z-10 flex items-center gap-2 border-line border-b bg-panel py-2 pr-2 pl-4">
        <h2 className="id min-w-0 flex-1 truncate font-semibold text-sm">{title}</h2>
        {state}
        <IconButton label={closeLabel} icon={<X />} onClick={onClose} />
      </header>
      <div className="flex flex-col gap-4 px-4 py-3">{children}</div>
    </aside>
  )
}
