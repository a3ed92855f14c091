import type { Session } from '@countersign/contract/sessions.ts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { KeyRound } from 'lucide-react'
import { type ReactNode, useMemo } from 'react'
import { type SessionFilters, sessionsQuery } from '../../api/sessions.ts'
import { paths } from '../../paths.ts'
import { SessionBadge } from '../../ui/Badge.tsx'
import { formatUtc } from '../../ui/format.ts'
import { Inert, InertLine, inertLine } from '../../ui/Inert.tsx'
import { Person } from '../../ui/Person.tsx'
import { Empty } from '../../ui/States.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Since, Time } from '../../ui/Time.tsx'
import { endOf } from './end.ts'
import { Left } from './Left.tsx'
import { RevokeButton } from './RevokeButton.tsx'
import { Scopes } from './Scopes.tsx'

const tenantName = (session: Session) => session.tenant_name ?? session.tenant_id

const status: Column<Session> = {
  id: 'status',
  header: 'Status',
  width: '104px',
  cell: (session) => (
    <Link {...paths.session(session.id)} aria-label={`Session on ${tenantName(session)}, ${session.status}`} className="inline-flex">
      <SessionBadge status={session.status} />
    </Link>
  ),
}
const tenant: Column<Session> = {
  id: 'tenant',
  header: 'Tenant',
  width: '13%',
  cell: (session) => (
    <Link {...paths.tenant(session.tenant_id)} className="block truncate font-medium hover:text-accent">
      <InertLine text={tenantName(session)} />
    </Link>
  ),
}
const others: readonly Column<Session>[] = [
  { id: 'staff', header: 'Staff', width: '14%', from: 'xl', cell: (session) => <Person email={session.staff_email} kind="staff" /> },
  { id: 'scopes', header: 'Scopes', width: '184px', from: 'lg', cell: (session) => <Scopes scopes={session.scopes} /> },
  { id: 'reason', header: 'Reason', cell: (session) => <InertLine text={session.reason} className="text-soft" /> },
  { id: 'issued', header: 'Issued', width: '96px', from: 'xl', cell: (session) => <Time at={session.issued_at} className="text-soft" /> },
  { id: 'expires', header: 'Expires', width: '144px', cell: (session) => <Expires session={session} /> },
  {
    id: 'acts',
    header: '',
    width: '136px',
    end: true,
    cell: (session) => (session.status === 'ACTIVE' ? <RevokeButton session={session} isSmall /> : null),
  },
]
const withTenant = [status, tenant, ...others]
const withoutTenant = [status, ...others]

function Expires({ session }: { session: Session }) {
  if (session.status === 'ACTIVE') return <Left session={session} />
  const { word, at } = endOf(session)
  return (
    <span data-tip={`${word} ${formatUtc(at)}\nexpiry ${formatUtc(session.expires_at)}`} className="text-faint">
      {word} <Since at={at} />
    </span>
  )
}

function PhoneSession({ session }: { session: Session }) {
  return (
    <span className="flex items-center gap-2">
      <span className="flex min-w-0 flex-1 flex-col gap-1">
        <span className="flex min-w-0 items-center gap-2">
          <SessionBadge status={session.status} />
          <Link {...paths.session(session.id)} className="min-w-0 font-medium">
            <Inert text={tenantName(session)} className={inertLine} />
          </Link>
        </span>
        <span className="truncate text-soft text-xs">{session.staff_email}</span>
        <Inert text={session.reason} className={`${inertLine} text-faint text-xs`} />
        <span className="flex min-w-0 text-xs">
          <Scopes scopes={session.scopes} />
        </span>
      </span>
      <span className="flex shrink-0 flex-col items-end gap-1 text-sm">
        <Expires session={session} />
        {session.status === 'ACTIVE' ? <RevokeButton session={session} isSmall /> : null}
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
      phoneHeight={110}
      onOpen={(session) => void navigate(paths.session(session.id))}
      isLoading={list.isPending}
      error={list.data ? null : list.error}
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
