import { Search } from 'lucide-react'
import { canUseConsole, useMe } from '../../api/me.ts'
import { commandKey } from '../../ui/keys.ts'
import { Mark } from '../../ui/Mark.tsx'
import { openOverlay } from '../../ui/overlay.ts'
import { Account } from './Account.tsx'
import { LogState } from './LogState.tsx'
import { MySessions } from './MySessions.tsx'

export function TopBar() {
  const me = useMe()
  return (
    <header className="flex h-12 shrink-0 items-center gap-3 border-line border-b bg-page pr-3 pl-6 max-md:pr-2 max-md:pl-4">
      <span className="md:hidden">
        <Mark />
      </span>
      <button
        type="button"
        aria-keyshortcuts="Control+K Meta+K"
        onClick={() => openOverlay({ kind: 'palette' })}
        className="flex h-8 pointer-coarse:h-10 min-w-0 max-w-88 flex-1 items-center gap-2 rounded-md border border-field bg-panel px-2.5 text-faint text-sm transition-colors hover:border-faint"
      >
        <Search aria-hidden="true" className="size-3.5 shrink-0" />
        <span className="min-w-0 flex-1 truncate text-left">
          {canUseConsole(me) ? 'Find a tenant, user, session or command' : 'Find a page or command'}
        </span>
        <span aria-hidden="true" className="rounded-sm border border-line bg-sunk px-1.5 font-sans text-xs max-sm:hidden">
          {commandKey}
        </span>
      </button>
      <div className="ml-auto flex min-w-0 items-center gap-1.5">
        {canUseConsole(me) ? <MySessions me={me} /> : null}
        <LogState />
        <Account me={me} />
      </div>
    </header>
  )
}
