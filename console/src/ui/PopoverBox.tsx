import { Popover as Radix } from 'radix-ui'
import { type ReactNode, useImperativeHandle, useRef } from 'react'
import { ButtonRef, type Opened } from './Opener.tsx'
import { Discard, useUnsaved } from './Unsaved.tsx'

export type PopoverLook = { label: string; align?: 'start' | 'end'; className?: string }

export function PopoverBox(props: PopoverLook & Opened & { children: ReactNode }) {
  const { button, isOpen, onOpen, closing, label, align = 'start', className = 'w-72 p-3', children } = props
  const content = useRef<HTMLDivElement>(null)
  const { isAsking, keep, discard, leave, onInput } = useUnsaved(content, () => onOpen(false))
  useImperativeHandle(closing, () => leave)
  return (
    <Radix.Root open={isOpen} onOpenChange={(next) => (next ? onOpen(true) : leave())}>
      <Radix.Trigger asChild>
        <ButtonRef button={button} />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          ref={content}
          aria-label={label}
          data-popover
          align={align}
          sideOffset={4}
          collisionPadding={8}
          onInput={onInput}
          onEscapeKeyDown={(event) => {
            if (!isAsking) return
            event.preventDefault()
            keep()
          }}
          className={`appear z-40 max-w-[calc(100vw-16px)] rounded-lg bg-panel text-sm shadow-over outline-none ${className}`}
        >
          {children}
          {isAsking ? <Discard onKeep={keep} onDiscard={discard} className="mt-3 rounded-md border px-3 py-2" /> : null}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
