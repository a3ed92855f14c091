import { isWorthSearching } from '@countersign/contract/text.ts'
import { useQuery } from '@tanstack/react-query'
import { Command } from 'cmdk'
import { Search } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { canApprove, canUseConsole, useMe } from '../../api/me.ts'
import { tenantHintsQuery } from '../../api/tenants.ts'
import { userSearchQuery } from '../../api/users.ts'
import { FailureNote } from '../../ui/States.tsx'
import { LeftOut } from '../../ui/Unread.tsx'
import { useModal } from '../../ui/useModal.ts'
import { useSettled } from '../../ui/useSettled.ts'
import { Acts, ActsAtHand, Ids, MySessionItems, Pages, Tenants, Users, WaitingItems } from './PaletteGroups.tsx'

/** What the typed text finds on the server. Each user search is on the record: it waits until the typing has come to rest. */
const useFinds = (text: string, isConsole: boolean) => {
  const quick = useSettled(text, 150)
  const calm = useSettled(text, 400)
  const asksTenants = isConsole && isWorthSearching(quick)
  // A second Latin letter is rarely all that somebody means to type.
  const asksUsers = isConsole && isWorthSearching(calm) && !/^[\x20-\x7e]{2}$/.test(calm) && !/^(#|ses_)/.test(calm)
  const tenants = useQuery({ ...tenantHintsQuery(quick), enabled: asksTenants })
  const users = useQuery({ ...userSearchQuery(calm, 5), enabled: asksUsers })
  return {
    tenants: asksTenants ? tenants.data?.items : undefined,
    users: asksUsers ? users.data?.items : undefined,
    unreadable: asksUsers ? users.data?.unreadable : undefined,
    isSearching: isConsole && isWorthSearching(text) && (quick !== text || calm !== text || tenants.isFetching || users.isFetching),
    error: (asksTenants ? tenants.error : null) ?? (asksUsers ? users.error : null),
  }
}

/** The first entry is chosen until a person moves, also when entries arrive later than the typing. */
const useChoice = (text: string, tenants: unknown, users: unknown) => {
  const [choice, setChoice] = useState('')
  const list = useRef<HTMLDivElement>(null)
  const hasMoved = useRef(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what has arrived is the reason to choose anew
  useEffect(() => {
    if (!hasMoved.current) setChoice(list.current?.querySelector('[cmdk-item]')?.getAttribute('data-value') ?? '')
  }, [text, tenants, users])
  return { choice, setChoice, list, hasMoved }
}

/** One field for everything: pages, tenants, users, sessions, acts. */
export function Palette({ onClose }: { onClose: () => void }) {
  const dialog = useModal()
  const [typed, setTyped] = useState('')
  const me = useMe()
  const text = typed.trim()
  const isConsole = canUseConsole(me)
  const { tenants, users, unreadable, isSearching, error } = useFinds(text, isConsole)
  const { choice, setChoice, list, hasMoved } = useChoice(text, tenants, users)
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it too
    <dialog
      ref={dialog}
      aria-label="Search and commands"
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => event.target === event.currentTarget && onClose()}
      className="appear mx-auto mt-[12vh] mb-auto w-[calc(100vw-24px)] max-w-[600px] rounded-lg border-0 bg-panel p-0 shadow-over max-sm:mt-3"
    >
      <Command
        shouldFilter={false}
        loop
        label="Search and commands"
        value={choice}
        onValueChange={setChoice}
        onKeyDown={(event) => {
          if (event.key.startsWith('Arrow')) hasMoved.current = true
        }}
      >
        <div className="flex items-center gap-2.5 border-line border-b px-4">
          <Search aria-hidden="true" className="size-4 shrink-0 text-faint" />
          <Command.Input
            data-autofocus
            value={typed}
            onValueChange={(value) => {
              hasMoved.current = false
              setTyped(value)
            }}
            placeholder={isConsole ? 'Tenant, user, session id, ticket, page or command' : 'Page, ticket or command'}
            className="h-12 w-full bg-transparent text-base outline-none"
          />
        </div>
        <Command.List ref={list} className="max-h-[min(60vh,440px)] overflow-y-auto p-1.5">
          <Command.Empty className="px-3 py-8 text-center text-faint text-sm">
            {isSearching
              ? 'Searching…'
              : error
                ? 'The search failed.'
                : 'Nothing matches. Try the start of a name, an e-mail address or an id.'}
          </Command.Empty>
          <Ids text={text} onClose={onClose} />
          <Tenants tenants={tenants ?? []} onClose={onClose} />
          {isConsole ? <MySessionItems text={text} staffId={me.staff.id} onClose={onClose} /> : null}
          {canApprove(me) ? <WaitingItems text={text} onClose={onClose} /> : null}
          <ActsAtHand text={text} onClose={onClose} />
          <Pages text={text} onClose={onClose} />
          {users ? <Users text={text} users={users} onClose={onClose} /> : null}
          <Acts text={text} onClose={onClose} />
        </Command.List>
        {error && !isSearching ? (
          <div className="p-2">
            <FailureNote error={error} />
          </div>
        ) : null}
        {unreadable ? <LeftOut unreadable={unreadable} of="user" className="px-4 py-2" /> : null}
        {isConsole ? (
          <p className="border-line border-t px-4 py-2 text-faint text-xs">Looking up users is recorded with your name.</p>
        ) : null}
      </Command>
    </dialog>
  )
}
