import { Check, MessageCircleQuestionMark, X } from 'lucide-react'
import { Toast as Radix } from 'radix-ui'
import { Button, IconButton } from './Button.tsx'
import type { Toast } from './Toasts.tsx'

const shownMs = 6_000

type Props = { shown: readonly Toast[]; onDismiss: (id: number) => void }

export function ToastList({ shown, onDismiss }: Props) {
  return (
    <Radix.Provider label="Note" duration={shownMs}>
      {shown.map(({ id, title, body, choices }) => (
        <Radix.Root
          key={id}
          type="background"
          duration={choices ? Number.POSITIVE_INFINITY : shownMs}
          onOpenChange={(open) => open || onDismiss(id)}
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
