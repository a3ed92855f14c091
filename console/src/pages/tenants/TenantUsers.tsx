import type { Unreadable } from '@countersign/contract/pages.ts'
import type { Tenant } from '@countersign/contract/tenants.ts'
import type { User } from '@countersign/contract/users.ts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Users } from 'lucide-react'
import { useMemo } from 'react'
import { tenantUsersQuery } from '../../api/tenants.ts'
import { paths } from '../../paths.ts'
import { UserStatusWord } from '../../ui/Badge.tsx'
import { ShortId } from '../../ui/IdChip.tsx'
import { InertLine } from '../../ui/Inert.tsx'
import { Person } from '../../ui/Person.tsx'
import { Empty } from '../../ui/States.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Time } from '../../ui/Time.tsx'
import { LeftOut } from '../../ui/Unread.tsx'

const columns: readonly Column<User>[] = [
  {
    id: 'user',
    header: 'User',
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
    cell: (user) => (user.role ? <InertLine text={user.role} /> : <span className="text-faint">–</span>),
  },
  { id: 'status', header: 'Status', width: '120px', cell: (user) => <UserStatusWord status={user.status} /> },
  {
    id: 'seen',
    header: 'Last seen',
    width: '120px',
    end: true,
    cell: (user) => (user.last_seen_at ? <Time at={user.last_seen_at} className="text-soft" /> : <span className="text-faint">never</span>),
  },
]

const joinUnread = (parts: readonly Unreadable[]): Unreadable => ({
  count: parts.reduce((sum, { count }) => sum + count, 0),
  rows: parts.flatMap(({ rows }) => rows),
})

export function TenantUsers({ tenant }: { tenant: Tenant }) {
  const navigate = useNavigate()
  const list = useInfiniteQuery(tenantUsersQuery(tenant.id))
  const pages = list.data?.pages
  const users = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages])
  const unreadable = useMemo(() => joinUnread(pages?.map((page) => page.unreadable) ?? []), [pages])
  return (
    <>
      <LeftOut unreadable={unreadable} of="user" className="mb-3" />
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
            <UserStatusWord status={user.status} />
          </span>
        )}
        onOpen={(user) => void navigate(paths.user(user.id))}
        isLoading={list.isPending}
        error={list.error}
        onRetry={() => void list.refetch()}
        more={{ has: list.hasNextPage, isLoading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        empty={
          <Empty icon={Users} title="No users">
            The people of this tenant appear here once the product names any.
          </Empty>
        }
      />
    </>
  )
}
