import { isWorthSearching, Ticket } from '@countersign/contract/text.ts'
import type { FoundUser } from '@countersign/contract/users.ts'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Eye, UserSearch } from 'lucide-react'
import { useCallback, useId, useMemo } from 'react'
import { mostUsers, userSearchQuery } from '../../api/users.ts'
import { paths } from '../../paths.ts'
import { UserStatusWord } from '../../ui/Badge.tsx'
import { Input } from '../../ui/Field.tsx'
import { plural } from '../../ui/format.ts'
import { Inert, InertLine } from '../../ui/Inert.tsx'
import { Page } from '../../ui/Page.tsx'
import { Person } from '../../ui/Person.tsx'
import { Search } from '../../ui/Search.tsx'
import { Empty } from '../../ui/States.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Time } from '../../ui/Time.tsx'
import { Unknown } from '../../ui/Unknown.tsx'
import { LeftOut } from '../../ui/Unread.tsx'

const countWords = (count: number) => (count < mostUsers ? plural(count, 'user') : `First ${mostUsers} · type more to narrow`)

const columnsFor = (ticket: string | undefined): readonly Column<FoundUser>[] => [
  {
    id: 'user',
    header: 'User',
    cell: (user) => (
      <Link {...paths.user(user.id, ticket)} className="block min-w-0 font-medium hover:text-accent">
        <Person email={user.email} name={user.name} kind="user" />
      </Link>
    ),
  },
  {
    id: 'tenant',
    header: 'Tenant',
    width: '24%',
    cell: (user) => (
      <Link {...paths.tenant(user.tenant_id)} className="block truncate hover:text-accent">
        <InertLine text={user.tenant_name ?? user.tenant_id} />
      </Link>
    ),
  },
  {
    id: 'role',
    header: 'Role',
    width: '120px',
    cell: (user) => (user.role ? <InertLine text={user.role} /> : <Unknown />),
  },
  { id: 'status', header: 'Status', width: '110px', cell: (user) => <UserStatusWord status={user.status} /> },
  {
    id: 'seen',
    header: 'Last seen',
    width: '120px',
    end: true,
    cell: (user) => (user.last_seen_at ? <Time at={user.last_seen_at} className="text-soft" /> : <Unknown />),
  },
]

export function UsersPage() {
  const { query = '', ticket = '' } = useSearch({ from: '/shell/users' })
  const navigate = useNavigate({ from: '/users' })
  const ticketId = useId()
  const text = query.trim()
  const isAsked = isWorthSearching(text)
  const parsed = Ticket.safeParse(ticket)
  const linked = parsed.success ? parsed.data : undefined
  const columns = useMemo(() => columnsFor(linked), [linked])
  const { data, error, isFetching, isPending, refetch } = useQuery({ ...userSearchQuery(text), enabled: isAsked })
  const found = isAsked ? (data?.items ?? []) : []
  const onSearch = useCallback(
    (value: string) => void navigate({ search: (now) => ({ ...now, query: value || undefined }), replace: true }),
    [navigate],
  )

  return (
    <Page title="Users">
      <div className="flex flex-wrap items-start gap-2">
        <Search
          big
          autoFocus
          value={query}
          onSearch={onSearch}
          delayMs={300}
          label="Search users of all tenants"
          placeholder="E-mail, name or user id"
          aria-describedby="look-up-note"
          className="min-w-0 flex-1 max-sm:basis-full"
        />
        <div className="w-40 max-sm:w-full">
          <label htmlFor={ticketId} className="sr-only">
            Ticket
          </label>
          <Input
            id={ticketId}
            value={ticket}
            placeholder="Ticket (optional)"
            aria-invalid={ticket !== '' && !parsed.success}
            onChange={(event) => void navigate({ search: (now) => ({ ...now, ticket: event.target.value || undefined }), replace: true })}
            className="!h-11"
          />
        </div>
        <p id="look-up-note" className="flex w-full items-center gap-1.5 text-faint text-xs">
          <Eye aria-hidden="true" className="size-3.5 shrink-0" />
          You can look up users of any tenant; every look-up is recorded with your name{linked ? <> and linked to {linked}</> : null}.
        </p>
      </div>
      {ticket !== '' && !parsed.success ? (
        <p role="alert" className="text-bad text-sm">
          “<Inert text={ticket} />” is not a ticket name such as #4831 or SUP-4831. Users open without a ticket.
        </p>
      ) : null}
      {isAsked ? (
        <>
          <p role="status" className="-mb-2 text-faint text-xs nums">
            {isFetching ? 'Searching' : error ? '' : countWords(found.length)}
          </p>
          {data ? <LeftOut unreadable={data.unreadable} of="user" /> : null}
          <Table
            label="Users found"
            columns={columns}
            rows={found}
            keyOf={(user) => user.id}
            phone={(user) => (
              <span className="flex items-center gap-2">
                <span className="flex min-w-0 flex-1 flex-col gap-0.5">
                  <Link {...paths.user(user.id, linked)}>
                    <Person email={user.email} name={user.name} kind="user" stacked />
                  </Link>
                  <span className="flex min-w-0 items-center gap-2 pl-9.5 text-faint text-xs">
                    <Inert text={user.tenant_name ?? user.tenant_id} className="min-w-0 truncate" />
                    {user.role ? <Inert text={user.role} className="max-w-24 shrink-0 truncate" /> : null}
                  </span>
                </span>
                <span className="flex shrink-0 flex-col items-end text-xs">
                  <UserStatusWord status={user.status} />
                  {user.last_seen_at ? <Time at={user.last_seen_at} className="text-faint" /> : <Unknown of="last seen" />}
                </span>
              </span>
            )}
            phoneHeight={76}
            onOpen={(user) => void navigate(paths.user(user.id, linked))}
            isLoading={isPending}
            error={error}
            onRetry={() => void refetch()}
            empty={
              <Empty icon={UserSearch} title={`Nobody matches “${text.length > 40 ? `${text.slice(0, 40)}…` : text}”`}>
                Try the start of the e-mail address, of the name, or the whole id. Small typing errors are forgiven.
              </Empty>
            }
          />
        </>
      ) : (
        <Empty icon={UserSearch} title={text === '' ? 'Find any user of any tenant' : 'One more character'}>
          By the start of an e-mail address, a name or an id. Opening somebody changes nothing: everything here is read-only.
        </Empty>
      )}
    </Page>
  )
}
