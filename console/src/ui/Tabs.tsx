import clsx from 'clsx'
import { Tabs as Radix } from 'radix-ui'
import type { ReactNode } from 'react'

type Props<Id extends string> = {
  label: string
  tabs: readonly { id: Id; label: string; count?: number | undefined }[]
  chosen: Id
  onChoose: (id: Id) => void
  children: ReactNode
}

/** Tabs whose choice lives in the URL. Arrow keys move between them. */
export function Tabs<Id extends string>({ label, tabs, chosen, onChoose, children }: Props<Id>) {
  return (
    <Radix.Root value={chosen} onValueChange={(id) => onChoose(id as Id)} className="flex min-w-0 flex-col gap-4">
      <Radix.List aria-label={label} className="flex gap-5 overflow-x-auto border-line border-b">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.id}
            value={tab.id}
            className={clsx(
              '-mb-px flex h-9 pointer-coarse:h-11 items-center gap-1.5 whitespace-nowrap border-b-2 text-sm transition-colors',
              tab.id === chosen ? 'border-accent font-medium text-ink' : 'border-transparent text-soft hover:text-ink',
            )}
          >
            {tab.label}
            {tab.count === undefined ? null : <span className="text-faint text-xs nums">{tab.count}</span>}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {/* Not in the order of Tab: what is inside can be reached itself. */}
      <Radix.Content value={chosen} tabIndex={-1} className="min-w-0">
        {children}
      </Radix.Content>
    </Radix.Root>
  )
}
