import { X } from 'lucide-react'
import type { ReactNode } from 'react'

/** A filter that is in force. */
export function Chip({ name, children, onRemove }: { name: string; children: ReactNode; onRemove: () => void }) {
  return (
    <span className="inline-flex h-7 pointer-coarse:h-10 min-w-0 max-w-72 items-center rounded-md border border-accent-edge bg-accent-wash text-sm">
      <span className="min-w-0 truncate pl-2">
        <span className="text-soft">{name}</span> <span className="font-medium">{children}</span>
      </span>
      <button
        type="button"
        aria-label={`Remove filter ${name}`}
        onClick={onRemove}
        className="flex h-full shrink-0 items-center justify-center rounded-md px-1.5 pointer-coarse:min-w-10 text-soft hover:text-ink"
      >
        <X aria-hidden="true" className="size-3.5" />
      </button>
    </span>
  )
}
