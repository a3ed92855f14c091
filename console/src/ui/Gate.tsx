import clsx from 'clsx'
import { Circle, CircleCheck } from 'lucide-react'
import type { ReactNode } from 'react'

/** One thing that an act needs, met or not, with the input for it right there. */
export function Gate({ met, children }: { met: boolean; children: ReactNode }) {
  const Icon = met ? CircleCheck : Circle
  return (
    <li className="flex items-start gap-2.5 text-sm">
      <Icon aria-hidden="true" strokeWidth={2} className={clsx('mt-0.5 size-4 shrink-0', met ? 'text-ok' : 'text-faint')} />
      <div className="min-w-0 flex-1">
        <span className="sr-only">{met ? 'Met: ' : 'Not met: '}</span>
        {children}
      </div>
    </li>
  )
}
