import { Check, X } from 'lucide-react'
import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react'
import { IconButton } from './Button.tsx'

type Toast = { id: number; title: string; body: ReactNode }
let toasts: readonly Toast[] = []
let next = 1
const listeners = new Set<() => void>()
const set = (now: readonly Toast[]) => {
  toasts = now
  for (const each of listeners) each()
}
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Says that something is done. What went wrong is never said here, but where it happened. */
export const toast = (title: string, body?: ReactNode) => {
  set([...toasts.slice(-2), { id: next, title, body }])
  next += 1
}
const dismiss = (id: number) => set(toasts.filter((each) => each.id !== id))

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts)
  return (
    <section
      aria-label="Done"
      aria-live="polite"
      className="pointer-events-none fixed right-4 bottom-4 z-50 flex w-80 flex-col gap-2 max-md:bottom-18 max-sm:right-3 max-sm:left-3 max-sm:w-auto"
    >
      {shown.map((each) => (
        <OneToast key={each.id} toast={each} />
      ))}
    </section>
  )
}

function OneToast({ toast: { id, title, body } }: { toast: Toast }) {
  const [held, setHeld] = useState(false)
  useEffect(() => {
    if (held) return
    const timer = setTimeout(() => dismiss(id), 6000)
    return () => clearTimeout(timer)
  }, [held, id])
  return (
    <div
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      className="appear pointer-events-auto flex items-start gap-2.5 rounded-lg bg-panel py-2 pr-2 pl-3 shadow-over"
    >
      <Check aria-hidden="true" className="mt-1 size-4 shrink-0 text-ok" />
      <div className="min-w-0 flex-1 py-0.5 text-sm">
        <p className="font-medium">{title}</p>
        {body ? <div className="text-soft">{body}</div> : null}
      </div>
      <IconButton label="Dismiss" icon={<X />} onClick={() => dismiss(id)} />
    </div>
  )
}
