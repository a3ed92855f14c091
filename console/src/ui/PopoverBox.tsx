import { Popover as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { ButtonRef, type Opened } from './Opener.tsx'

export type PopoverLook = { label: string; align?: 'start' | 'end'; className?: string }

export function PopoverBox(props: PopoverLook & Opened & { children: ReactNode }) {
  const { button, isOpen, onOpen, label, align = 'start', className = 'w-72 p-3', children } = props
  return (
    <Radix.Root open={isOpen} onOpenChange={onOpen}>
      <Radix.Trigger asChild>
        <ButtonRef button={button} />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          aria-label={label}
          data-popover
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className={`appear z-40 max-w-[calc(100vw-16px)] rounded-lg bg-panel text-sm shadow-over outline-none ${className}`}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
