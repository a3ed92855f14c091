import { Info } from 'lucide-react'
import type { ReactNode } from 'react'

/** What will happen, to whom, whether it can be undone, and who will see it. */
export function Consequence({ children }: { children: ReactNode }) {
  return (
    <p className="flex items-start gap-2.5 rounded-md border border-line bg-sunk px-3 py-2.5 text-soft text-sm">
      <Info aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-faint" />
      <span className="min-w-0">{children}</span>
    </p>
  )
}
