import { mostCountedRequests, type Session } from '@countersign/contract/sessions.ts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { KeyRound } from 'lucide-react'
import { type ReactNode, useMemo } from 'react'
import { canOpenPane, useMe } from '../../api/me.ts'
import { type SessionFilters, sessionsQuery } from '../../api/sessions.ts'
import { paths } from '../../paths.ts'
import { SessionBadge } from '../../ui/Badge.tsx'
import { formatBoth, formatNumber, shortId } from '../../ui/format.ts'
import { ShortId } from '../../ui/IdChip.tsx'
import { Inert, InertLine, inertLine } from '../../ui/Inert.tsx'
import { Person } from '../../ui/Person.tsx'
import { Empty } from '../../ui/States.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { TenantLink } from '../../ui/TenantLink.tsx'
import { Ticket } from '../../ui/Ticket.tsx'
import { Since, Time } from '../../ui/Time.tsx'
import { endOf } from './end.ts'
import { Left } from './Left.tsx'
import { RevokeIcon } from './RevokeButton.tsx'
import { Scopes } from './Scopes.tsx'

const tenantName = (session: Session) => session.tenant_name ?? session.tenant_id

function StatusLink({ session }: { session: Session }) {
  return (
    <Link {...paths.session(session.id)} aria-label={`Session on ${tenantName(session)}, ${session.status}`} className="inline-flex">
      <SessionBadge status={session.status} />
    </Link>
  )
}

/** On whom it is: the whole tenant, or one user of it. */
function OnUser({ session: { target_user_id: id, target_user_label: label, ticket } }: { session: Session }) {
  const isOpen = canOpenPane(useMe())
  if (id === null) return <span className="text-faint">everybody</span>
  const name = label === null ? <ShortId id={id} className="block" /> : <InertLine text={label} />
  if (!isOpen) return name
  return (
    <Link {...paths.user(id, ticket ?? undefined)} className="block min-w-0 hover:text-accent">
      {name}
    </Link>
  )
}

export const requestWords = (count: number | null): string =>
  count === null ? '–' : count >= mostCountedRequests ? `${formatNumber(mostCountedRequests)}+` : formatNumber(count)

function Requests({ session }: { session: Session }) {
  return <span className={`nums ${session.requests === 0 ? 'text-faint' : ''}`}>{requestWords(session.requests)}</span>
}

const tenant: Column<Session> = {
  id: 'tenant',
  header: 'Tenant and user',
  width: '17%',
  cell: (session) => (
    <span className="flex min-w-0 flex-col gap-0.5">
      <TenantLink id={session.tenant_id} name={session.tenant_name} className="font-medium" />
      <span className="min-w-0 text-soft text-xs">
        <OnUser session={session} />
      </span>
    </span>
  ),
}
const user: Column<Session> = { id: 'user', header: 'On user', width: '17%', cell: (session) => <OnUser session={session} /> }
const before: readonly Column<Session>[] = [
  {
    id: 'status',
    header: 'Status',
    width: '128px',
    cell: (session) => (
      <span className="flex min-w-0 flex-col items-start gap-0.5">
        <StatusLink session={session} />
        <span className="text-xs">
          <Expires session={session} />
        </span>
      </span>
    ),
  },
]
const after: readonly Column<Session>[] = [
  { id: 'staff', header: 'Staff', width: '19%', cell: (session) => <Person email={session.staff_email} kind="staff" /> },
  {
    id: 'reason',
    header: 'Reason and scopes',
    cell: (session) => (
      <span className="flex min-w-0 flex-col gap-0.5">
        <InertLine text={session.reason} className="text-soft" />
        <span className="flex min-w-0 text-xs">
          <Scopes scopes={session.scopes} />
        </span>
      </span>
    ),
  },
  {
    id: 'ticket',
    header: 'Ticket',
    width: '104px',
    from: 'lg',
    cell: (session) => (session.ticket ? <Ticket id={session.ticket} /> : <span className="text-faint">none</span>),
  },
  { id: 'requests', header: 'Requests', width: '80px', from: 'lg', end: true, cell: (session) => <Requests session={session} /> },
  { id: 'issued', header: 'Issued', width: '88px', from: 'lg', cell: (session) => <Time at={session.issued_at} className="text-soft" /> },
  { id: 'acts', header: '', width: '48px', end: true, cell: (session) => <RevokeIcon session={session} /> },
]
const withTenant = [...before, tenant, ...after]
const withoutTenant = [...before, user, ...after]

function Expires({ session }: { session: Session }) {
  if (session.status === 'ACTIVE') return <Left session={session} />
  const { word, at } = endOf(session)
  return (
    <span data-tip={`${word}\n${formatBoth(at)}\nexpiry\n${formatBoth(session.expires_at)}`} className="text-faint">
      {word} <Since at={at} />
    </span>
  )
}

function PhoneSession({ session }: { session: Session }) {
  return (
    <span className="flex min-w-0 flex-col gap-1">
      <span className="flex min-w-0 items-center gap-2">
        <SessionBadge status={session.status} />
        <Link {...paths.session(session.id)} className="min-w-0 flex-1 font-medium">
          <Inert text={tenantName(session)} className={inertLine} />
        </Link>
        <span className="shrink-0 text-sm">
          <Expires session={session} />
        </span>
        <RevokeIcon session={session} />
      </span>
      <Inert text={session.reason} className={`${inertLine} text-soft text-xs`} />
      <span className="flex min-w-0 items-center gap-2 text-faint text-xs">
        <span className="min-w-0 truncate">
          {session.staff_email}
          {session.target_user_id ? <> on {session.target_user_label ?? shortId(session.target_user_id)}</> : null}
        </span>
        {session.ticket ? (
          <span className="max-w-28 shrink-0">
            <Ticket id={session.ticket} />
          </span>
        ) : null}
        <span className="nums shrink-0">{session.requests === 1 ? '1 request' : `${requestWords(session.requests)} requests`}</span>
      </span>
      <span className="flex min-w-0 text-xs">
        <Scopes scopes={session.scopes} />
      </span>
    </span>
  )
}

/** Support sessions, live and past, newest first. */
export function SessionList({
  filters,
  isTenantKnown = false,
  empty,
}: {
  filters: SessionFilters
  isTenantKnown?: boolean
  empty?: ReactNode
}) {
  const navigate = useNavigate()
  const list = useInfiniteQuery(sessionsQuery(filters))
  const pages = list.data?.pages
  const sessions = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages])
  return (
    <Table
      label="Support sessions"
      columns={isTenantKnown ? withoutTenant : withTenant}
      rows={sessions}
      keyOf={(session) => session.id}
      phone={(session) => <PhoneSession session={session} />}
      twoLines
      phoneHeight={116}
      onOpen={(session) => void navigate(paths.session(session.id))}
      isLoading={list.isPending}
      error={list.error}
      readAt={list.dataUpdatedAt}
      onRetry={() => void list.refetch()}
      more={{ has: list.hasNextPage, isLoading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
      empty={
        empty ?? (
          <Empty icon={KeyRound} title="No support sessions">
            Whoever takes access to {isTenantKnown ? 'this tenant' : 'a tenant'} appears here, with the reason and the time it ends.
          </Empty>
        )
      }
    />
  )
}
