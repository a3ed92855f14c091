import type { Unreadable } from '@countersign/contract/pages.ts'
import type { Tenant } from '@countersign/contract/tenants.ts'
import { type User, userStatuses } from '@countersign/contract/users.ts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Users } from 'lucide-react'
import { useCallback, useMemo } from 'react'
import { tenantUsersQuery } from '../../api/tenants.ts'
import { paths } from '../../paths.ts'
import { UserStatusWord } from '../../ui/Badge.tsx'
import { Button } from '../../ui/Button.tsx'
import { Filters } from '../../ui/Filters.tsx'
import { ShortId } from '../../ui/IdChip.tsx'
import { Inert, InertLine } from '../../ui/Inert.tsx'
import { Person } from '../../ui/Person.tsx'
import { Search } from '../../ui/Search.tsx'
import { Empty } from '../../ui/States.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Time } from '../../ui/Time.tsx'
import { Unknown } from '../../ui/Unknown.tsx'
import { LeftOut } from '../../ui/Unread.tsx'
import { narrowingOf, type TenantSearch } from './search.ts'

const columns: readonly Column<User>[] = [
  {
    id: 'user',
    header: 'User',
    sorts: [
      { id: 'email', header: 'E-mail' },
      { id: 'name', header: 'Name' },
    ],
    cell: (user) => (
      <Link {...paths.user(user.id)} className="hover:text-accent">
        <Person email={user.email} name={user.name} kind="user" />
      </Link>
    ),
  },
  { id: 'id', header: 'Id', width: '200px', from: 'lg', cell: (user) => <ShortId id={user.id} className="block text-faint" /> },
  {
    id: 'role',
    header: 'Role',
    width: '130px',
    sorts: true,
    cell: (user) => (user.role ? <InertLine text={user.role} /> : <Unknown />),
  },
  { id: 'status', header: 'Status', width: '120px', sorts: true, cell: (user) => <UserStatusWord status={user.status} /> },
  {
    id: 'last_seen_at',
    header: 'Last seen',
    width: '120px',
    end: true,
    sorts: [{ id: 'last_seen_at', header: 'Last seen', first: 'desc' }],
    cell: (user) => (user.last_seen_at ? <Time at={user.last_seen_at} className="text-soft" /> : <Unknown />),
  },
]

const joinUnread = (parts: readonly Unreadable[]): Unreadable => ({
  count: parts.reduce((sum, { count }) => sum + count, 0),
  rows: parts.flatMap(({ rows }) => rows),
})

const any = { value: 'any', label: 'Any' }
const statuses = [any, ...userStatuses.map((value) => ({ value, label: <UserStatusWord status={value} /> }))]
// A role may be called as it likes: its value is told from "any" by what stands before it.
const rolesOf = (roles: readonly string[]) => [any, ...roles.map((role) => ({ value: `=${role}`, label: <Inert text={role} /> }))]

const orders = [
  { value: 'any', label: 'As the product has them' },
  { value: 'email asc', label: 'E-mail' },
  { value: 'name asc', label: 'Name' },
  { value: 'last_seen_at desc', label: 'Seen last' },
  { value: 'role asc', label: 'Role' },
  { value: 'status asc', label: 'Status' },
]

/** The people of a tenant, as the product has them now: searched, narrowed and sorted by it where it can. */
export function TenantUsers({ tenant }: { tenant: Tenant }) {
  const navigate = useNavigate({ from: '/tenants/$tenantId' })
  const search = useSearch({ from: '/shell/tenants/$tenantId' })
  const set = useCallback((change: TenantSearch) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true }), [navigate])
  const list = useInfiniteQuery(tenantUsersQuery(tenant.id, narrowingOf(search)))
  const pages = list.data?.pages
  const first = pages?.[0]
  const users = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages])
  const unreadable = useMemo(() => joinUnread(pages?.map((page) => page.unreadable) ?? []), [pages])
  const { user: query, user_status: status, role, sort, order = 'asc' } = search
  const isNarrowed = query !== undefined || status !== undefined || role !== undefined
  const clear = () => set({ user: undefined, user_status: undefined, role: undefined })
  return (
    <div className="flex flex-col gap-3">
      {first?.is_narrowable ? (
        <Filters
          search={
            <Search
              value={query ?? ''}
              onSearch={(text) => set({ user: text.trim().length < 2 ? undefined : text.trim() })}
              label="Search the users of this tenant"
              placeholder="E-mail, name or id"
              className="w-72 max-md:min-w-0 max-md:flex-1"
            />
          }
          filters={[
            {
              name: 'Status',
              value: status ?? 'any',
              options: statuses,
              onChoose: (value) => set({ user_status: value === 'any' ? undefined : (value as TenantSearch['user_status']) }),
            },
            {
              name: 'Role',
              value: role === undefined ? 'any' : `=${role}`,
              options: rolesOf(first.roles),
              onChoose: (value) => set({ role: value === 'any' ? undefined : value.slice(1) }),
            },
          ]}
          order={{
            value: sort ? `${sort} ${order}` : 'any',
            options: orders,
            onChoose: (value) => {
              const [by, way] = value.split(' ') as [TenantSearch['sort'], TenantSearch['order']]
              set(value === 'any' ? { sort: undefined, order: undefined } : { sort: by, order: way })
            },
          }}
          onClear={clear}
        />
      ) : null}
      <LeftOut unreadable={unreadable} of="user" />
      <Table
        label="Users of the tenant"
        columns={columns}
        rows={users}
        keyOf={(user) => user.id}
        phone={(user) => (
          <span className="flex items-center gap-2">
            <span className="min-w-0 flex-1">
              <Link {...paths.user(user.id)}>
                <Person email={user.email} name={user.name} kind="user" stacked />
              </Link>
            </span>
            <span className="flex shrink-0 flex-col items-end text-xs">
              <UserStatusWord status={user.status} />
              {user.role ? <Inert text={user.role} className="max-w-28 truncate text-faint" /> : <Unknown of="role" />}
            </span>
          </span>
        )}
        onOpen={(user) => void navigate(paths.user(user.id))}
        {...(first?.is_narrowable
          ? {
              sort: {
                by: sort ?? '',
                order,
                onSort: (by, way) => set({ sort: by as TenantSearch['sort'], order: way }),
              },
            }
          : {})}
        isLoading={list.isPending}
        error={list.error}
        onRetry={() => void list.refetch()}
        more={{ has: list.hasNextPage, isLoading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        empty={
          isNarrowed ? (
            <Empty icon={Users} title="No user of this tenant matches">
              <Button className="mt-3" onClick={clear}>
                Show all its users
              </Button>
            </Empty>
          ) : (
            <Empty icon={Users} title="The product reports no users of this tenant">
              They appear here once it does.
            </Empty>
          )
        }
      />
    </div>
  )
}
