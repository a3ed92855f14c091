import clsx from 'clsx'
import type { ReactNode } from 'react'
import { type KeyboardEvent, useId, useRef } from 'react'

type Props<Id extends string> = {
  label: string
  tabs: readonly { id: Id; label: string; count?: number | undefined }[]
  chosen: Id
  onChoose: (id: Id) => void
  children: ReactNode
}

/** Tabs whose choice lives in the URL. Arrow keys move between them. */
export function Tabs<Id extends string>({ label, tabs, chosen, onChoose, children }: Props<Id>) {
  const base = useId()
  const list = useRef<HTMLDivElement>(null)
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    const at = tabs.findIndex((tab) => tab.id === chosen)
    const next = step === 0 ? undefined : tabs[(at + step + tabs.length) % tabs.length]
    if (!next) return
    event.preventDefault()
    onChoose(next.id)
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus()
  }
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <div ref={list} role="tablist" aria-label={label} onKeyDown={onKey} className="flex gap-5 overflow-x-auto border-line border-b">
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            data-tab={tab.id}
            id={`${base}-${tab.id}`}
            aria-selected={tab.id === chosen}
            aria-controls={`${base}-panel`}
            tabIndex={tab.id === chosen ? 0 : -1}
            onClick={() => onChoose(tab.id)}
            className={clsx(
              '-mb-px flex h-9 pointer-coarse:h-11 items-center gap-1.5 whitespace-nowrap border-b-2 text-sm transition-colors',
              tab.id === chosen ? 'border-accent font-medium text-ink' : 'border-transparent text-soft hover:text-ink',
            )}
          >
            {tab.label}
            {tab.count === undefined ? null : <span className="text-faint text-xs nums">{tab.count}</span>}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${base}-panel`} aria-labelledby={`${base}-${chosen}`} className="min-w-0">
        {children}
      </div>
    </div>
  )
}
