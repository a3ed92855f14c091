import { actionNames, actions, isExtension } from '@countersign/contract/actions.ts'
import { only } from '@countersign/contract/choice.ts'
import { foldName } from '@countersign/contract/fold.ts'
import type { Session } from '@countersign/contract/sessions.ts'
import type { Tenant } from '@countersign/contract/tenants.ts'
import type { FoundUser } from '@countersign/contract/users.ts'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Command } from 'cmdk'
import {
  Building2,
  FileSignature,
  Fingerprint,
  Keyboard,
  KeyRound,
  LogOut,
  Moon,
  Search,
  Ticket as TicketIcon,
  User,
  Zap,
} from 'lucide-react'
import type { ReactNode } from 'react'
import { requestsQuery } from '../../api/actions.ts'
import { canReadSessions, useMe } from '../../api/me.ts'
import { mySessionsQuery } from '../../api/sessions.ts'
import { type PageLink, paths } from '../../paths.ts'
import { Countdown } from '../../ui/Countdown.tsx'
import { shortId } from '../../ui/format.ts'
import { Inert } from '../../ui/Inert.tsx'
import { openOverlay } from '../../ui/overlay.ts'
import { setTheme } from '../../ui/theme.ts'
import { openAct, useAtHand } from '../actions/pageAct.ts'
import { actionWords } from '../actions/words.ts'
import { leave } from './leave.ts'
import { pagesFor } from './pages.ts'

const fits = (text: string, words: string) => text === '' || foldName(words).includes(foldName(text))

function Item({
  value,
  icon,
  onSelect,
  children,
  aside,
}: {
  value: string
  icon: ReactNode
  onSelect: () => void
  children: ReactNode
  aside?: ReactNode
}) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex min-h-9 cursor-default items-center gap-2.5 rounded-md px-2.5 text-sm aria-selected:bg-chosen aria-selected:inset-ring aria-selected:inset-ring-accent pointer-coarse:min-h-10 [&>svg]:size-4 [&>svg]:shrink-0 [&>svg]:text-faint"
    >
      {icon}
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {aside ? <span className="flex shrink-0 items-center text-faint text-xs">{aside}</span> : null}
    </Command.Item>
  )
}

const groupClass =
  '[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-faint'
type Part = { text: string; onClose: () => void }

const useGo = (onClose: () => void) => {
  const navigate = useNavigate()
  return (link: PageLink) => {
    onClose()
    void navigate(link)
  }
}

export function Ids({ text, onClose }: Part) {
  const go = useGo(onClose)
  const isReader = canReadSessions(useMe())
  const isSession = /^ses_[0-9a-f]{32}$/.test(text)
  const isTicket = /^#?[A-Za-z]*-?\d[A-Za-z0-9._-]*$/.test(text) && text.length <= 64
  if (!isSession && !isTicket) return null
  return (
    <Command.Group heading="By id" className={groupClass}>
      {isSession && isReader ? (
        <Item value={`session ${text}`} icon={<KeyRound />} onSelect={() => go(paths.session(text))}>
          Open session <span className="id">{shortId(text)}</span>
        </Item>
      ) : null}
      {isTicket ? (
        <Item value={`ticket ${text}`} icon={<TicketIcon />} onSelect={() => go(paths.audit({ ticket: only(text) }))}>
          Events with ticket {text}
        </Item>
      ) : null}
    </Command.Group>
  )
}

export function Pages({ text, onClose }: Part) {
  const go = useGo(onClose)
  const pages = pagesFor(useMe()).filter((page) => fits(text, page.name))
  if (pages.length === 0) return null
  return (
    <Command.Group heading="Pages" className={groupClass}>
      {pages.map((page) => (
        <Item
          key={page.name}
          value={`page ${page.name}`}
          icon={<page.icon />}
          onSelect={() => go(page.link)}
          aside={<kbd className="pointer-coarse:hidden">g {page.key}</kbd>}
        >
          {page.name}
        </Item>
      ))}
    </Command.Group>
  )
}

export function MySessionItems({ text, staffId, onClose }: Part & { staffId: string }) {
  const go = useGo(onClose)
  const { data = [] } = useQuery(mySessionsQuery(staffId))
  const mine = data.filter((session) => fits(text, `${session.tenant_name} ${session.id} ${session.reason ?? ''} revoke session`))
  if (mine.length === 0) return null
  return (
    <Command.Group heading="My open sessions" className={groupClass}>
      {mine.flatMap((session) => [
        <Item
          key={session.id}
          value={`mine ${session.id}`}
          icon={<KeyRound />}
          onSelect={() => go(paths.session(session.id))}
          aside={<Countdown issuedAt={session.issued_at} expiresAt={session.expires_at} />}
        >
          <MineName session={session} />
        </Item>,
        ...(text === ''
          ? []
          : [
              <Item
                key={`revoke ${session.id}`}
                value={`revoke ${session.id}`}
                icon={<KeyRound />}
                onSelect={() => openOverlay({ kind: 'revoke', session })}
              >
                Revoke Session on <MineName session={session} />
              </Item>,
            ]),
      ])}
    </Command.Group>
  )
}

/** Told apart from others on the same tenant. */
function MineName({ session }: { session: Session }) {
  return (
    <>
      <Inert text={session.tenant_name ?? session.tenant_id} />
      {session.target_user_id ? (
        <span className="id text-soft"> · {session.target_user_label ?? shortId(session.target_user_id)}</span>
      ) : null}{' '}
      <Inert text={session.reason} className="text-faint" />
    </>
  )
}

export function Tenants({ tenants, onClose }: { tenants: readonly Tenant[]; onClose: () => void }) {
  const go = useGo(onClose)
  if (tenants.length === 0) return null
  return (
    <Command.Group heading="Tenants" className={groupClass}>
      {tenants.slice(0, 5).map((tenant) => (
        <Item
          key={tenant.id}
          value={`tenant ${tenant.id}`}
          icon={<Building2 />}
          onSelect={() => go(paths.tenant(tenant.id))}
          aside={<span className="id">{shortId(tenant.id)}</span>}
        >
          <Inert text={tenant.name} />
        </Item>
      ))}
      {tenants.slice(0, 2).map((tenant) => (
        <Item
          key={tenant.id}
          value={`create ${tenant.id}`}
          icon={<KeyRound />}
          onSelect={() => openOverlay({ kind: 'create', tenant })}
          aside={<span className="id">{shortId(tenant.id)}</span>}
        >
          Create Support Session on <Inert text={tenant.name} />
          {tenant.status === 'active' ? null : <span className="text-faint"> · {tenant.status}</span>}
        </Item>
      ))}
    </Command.Group>
  )
}

export function Users({ text, users, onClose }: Part & { users: readonly FoundUser[] }) {
  const go = useGo(onClose)
  return (
    <Command.Group heading="Users" className={groupClass}>
      {users.map((user) => (
        <Item
          key={user.id}
          value={`user ${user.id}`}
          icon={<User />}
          onSelect={() => go(paths.user(user.id))}
          aside={<Inert text={user.tenant_name ?? user.tenant_id} className="max-w-40 truncate" />}
        >
          <Inert text={user.email} /> <Inert text={user.name} className="text-faint" />
        </Item>
      ))}
      <Item value="all users" icon={<Search />} onSelect={() => go(paths.users(text))}>
        Search users for “{text}”
      </Item>
    </Command.Group>
  )
}

/** What can be done to the user or tenant whose page is open. */
export function ActsAtHand({ text, onClose }: Part) {
  const atHand = useAtHand()
  if (!atHand) return null
  const names = actionNames.filter((name) => actions[name].target === atHand.kind && !isExtension(name))
  const fitting = names.filter((name) => fits(text, `${actionWords[name].title} ${name} ${actionWords[name].act} ${atHand.label}`))
  if (fitting.length === 0) return null
  return (
    <Command.Group heading={`Actions on this ${atHand.kind}`} className={groupClass}>
      {fitting.map((name) => (
        <Item
          key={name}
          value={`do ${name}`}
          icon={<Zap />}
          onSelect={() => {
            onClose()
            openAct(name)
          }}
          aside={<Inert text={atHand.label} className="max-w-40 truncate" />}
        >
          {actionWords[name].title}
        </Item>
      ))}
    </Command.Group>
  )
}

/** Requests that wait for me: the sheet opens, nothing is approved from here. */
export function WaitingItems({ text, onClose }: Part) {
  const go = useGo(onClose)
  const { data } = useInfiniteQuery(requestsQuery('waiting'))
  const waiting = data?.pages.flatMap((page) => page.items) ?? []
  const fitting = waiting.filter((request) =>
    fits(text, `approve ${actionWords[request.action].title} ${request.target.label} ${request.requester.email}`),
  )
  if (fitting.length === 0) return null
  return (
    <Command.Group heading="Waiting for your approval" className={groupClass}>
      {fitting.slice(0, 5).map((request) => (
        <Item
          key={request.id}
          value={`approve ${request.id}`}
          icon={<FileSignature />}
          onSelect={() => go(paths.approval(request.id))}
          aside={request.requester.email}
        >
          Approve: {actionWords[request.action].title.toLowerCase()} <Inert text={request.target.label} />
        </Item>
      ))}
    </Command.Group>
  )
}

export function Acts({ text, onClose }: Part) {
  const me = useMe()
  const navigate = useNavigate()
  const acts = [
    { name: 'My keys', icon: <Fingerprint />, run: () => void navigate(paths.keys()) },
    { name: 'Use the light theme', icon: <Moon />, run: () => setTheme('light') },
    { name: 'Use the dark theme', icon: <Moon />, run: () => setTheme('dark') },
    { name: 'Show keyboard shortcuts', icon: <Keyboard />, run: () => openOverlay({ kind: 'keys' }), isOver: true },
    { name: 'Sign out', icon: <LogOut />, run: () => leave(me), isOver: true },
  ].filter((act) => fits(text, act.name))
  if (acts.length === 0) return null
  return (
    <Command.Group heading="Commands" className={groupClass}>
      {acts.map((act) => (
        <Item
          key={act.name}
          value={`act ${act.name}`}
          icon={act.icon}
          onSelect={() => {
            if (!act.isOver) onClose()
            act.run()
          }}
        >
          {act.name}
        </Item>
      ))}
    </Command.Group>
  )
}
