import { Popover as Radix } from 'radix-ui'
import type { ReactNode } from 'react'

type Props = {
  trigger: ReactNode
  label: string
  children: ReactNode
  align?: 'start' | 'end'
  open?: boolean
  onOpen?: (open: boolean) => void
  className?: string
}

/** Something small beside what it belongs to. The page stays usable. */
export function Popover({ trigger, label, children, align = 'start', open, onOpen, className = 'w-72 p-3' }: Props) {
  return (
    <Radix.Root {...(open === undefined ? {} : { open })} onOpenChange={onOpen}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
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
