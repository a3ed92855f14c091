import { type ReactNode, Suspense, useSyncExternalStore } from 'react'
import { lazyPart } from './lazyPart.tsx'

type Choice = { label: string; onChoose: () => void }
export type Toast = { id: number; title: ReactNode; body: ReactNode; choices?: readonly Choice[] }
const shownMaximum = 3
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

const show = (of: Omit<Toast, 'id'>) => {
  set([...toasts.slice(1 - shownMaximum), { id: next, ...of }])
  next += 1
}

/** Says that something is done. What went wrong is never said here, but where it happened. */
export const toast = (title: string, body?: ReactNode) => show({ title, body })

/** Asks something on the way, which may be left unanswered: it waits, in nobody's way, until it is dismissed. */
export const ask = (title: ReactNode, body: ReactNode, choices: readonly Choice[]) => show({ title, body, choices })
const dismiss = (id: number) => set(toasts.filter((each) => each.id !== id))

/** Fetched with the first of them: the first page needs none. */
const ToastList = lazyPart(
  async () => (await import('./ToastList.tsx')).ToastList,
  () => null,
)

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts)
  if (shown.length === 0) return null
  return (
    <Suspense>
      <ToastList shown={shown} onDismiss={dismiss} />
    </Suspense>
  )
}
