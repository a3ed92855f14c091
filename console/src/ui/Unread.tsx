import type { Unreadable } from '@countersign/contract/pages.ts'
import { TriangleAlert } from 'lucide-react'
import { plural } from './format.ts'
import { Inert } from './Inert.tsx'

/** Rows of the directory that cannot be read, by id and member. */
export function UnreadRows({ unreadable: { count, rows }, of }: { unreadable: Unreadable; of: string }) {
  const left = count - rows.length
  return (
    <ul className="text-soft">
      {rows.map(({ id, members }, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: several may have the same id, or none
        <li key={place}>
          <Inert text={id} className="id break-all" />: wrong is {members.join(', ')}
        </li>
      ))}
      {left > 0 ? <li>and {plural(left, `other ${of}`)}</li> : null}
    </ul>
  )
}

/** A quiet line below a list: what of it could not be shown. */
export function LeftOut({ unreadable, of, className = '' }: { unreadable: Unreadable; of: string; className?: string }) {
  if (unreadable.count === 0) return null
  return (
    <div role="note" className={`flex items-start gap-2 text-xs ${className}`}>
      <TriangleAlert aria-hidden="true" className="mt-0.5 size-3.5 shrink-0 text-warn" />
      <div className="min-w-0 flex-1">
        <p>
          {plural(unreadable.count, of)} of the directory cannot be read, and {unreadable.count === 1 ? 'is' : 'are'} left out.
        </p>
        <UnreadRows unreadable={unreadable} of={of} />
      </div>
    </div>
  )
}
