import { Check, MessageCircleQuestionMark, X } from 'lucide-react'
import { Toast as Radix } from 'radix-ui'
import { type ReactNode, useSyncExternalStore } from 'react'
import { Button, IconButton } from './Button.tsx'

type Choice = { label: string; onChoose: () => void }
type Toast = { id: number; title: ReactNode; body: ReactNode; choices?: readonly Choice[] }
const shownMaximum = 3
const shownMs = 6_000
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

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts)
  return (
    <Radix.Provider label="Note" duration={shownMs}>
      {shown.map(({ id, title, body, choices }) => (
        <Radix.Root
          key={id}
          type="background"
          duration={choices ? Number.POSITIVE_INFINITY : shownMs}
          onOpenChange={(open) => open || dismiss(id)}
          className="appear pointer-events-auto flex items-start gap-2.5 rounded-lg bg-panel py-2 pr-2 pl-3 shadow-over"
        >
          {choices ? (
            <MessageCircleQuestionMark aria-hidden="true" className="mt-1 size-4 shrink-0 text-faint" />
          ) : (
            <Check aria-hidden="true" className="mt-1 size-4 shrink-0 text-ok" />
          )}
          <div className="min-w-0 flex-1 py-0.5 text-sm">
            <Radix.Title className="font-medium">{title}</Radix.Title>
            {body ? <Radix.Description className="text-soft">{body}</Radix.Description> : null}
            {choices ? (
              <span className="mt-2 flex gap-2">
                {choices.map(({ label, onChoose }) => (
                  <Radix.Action key={label} asChild altText={label}>
                    <Button size="small" onClick={onChoose}>
                      {label}
                    </Button>
                  </Radix.Action>
                ))}
              </span>
            ) : null}
          </div>
          <Radix.Close asChild>
            <IconButton label="Dismiss" icon={<X />} />
          </Radix.Close>
        </Radix.Root>
      ))}
      <Radix.Viewport
        label="Notes ({hotkey})"
        className="pointer-events-none fixed right-4 bottom-4 z-50 m-0 flex w-80 list-none flex-col gap-2 p-0 outline-none max-md:bottom-18 max-sm:right-3 max-sm:left-3 max-sm:w-auto"
      />
    </Radix.Provider>
  )
}
