import { type LifecycleStatus, lifecycleStatuses, type Tenant } from '@countersign/contract/tenants.ts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import clsx from 'clsx'
import { Building2, KeyRound } from 'lucide-react'
import { useCallback, useMemo } from 'react'
import { useNoConnection } from '../../api/connection.ts'
import { tenantsQuery } from '../../api/tenants.ts'
import { paths } from '../../paths.ts'
import { Lifecycle } from '../../ui/Badge.tsx'
import { Button, buttonClass } from '../../ui/Button.tsx'
import { formatNumber, plural } from '../../ui/format.ts'
import { ShortId } from '../../ui/IdChip.tsx'
import { Inert, InertLine, inertLine } from '../../ui/Inert.tsx'
import { openOverlay } from '../../ui/overlay.ts'
import { Page } from '../../ui/Page.tsx'
import { Search } from '../../ui/Search.tsx'
import { Segments } from '../../ui/Segments.tsx'
import { Empty } from '../../ui/States.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Time } from '../../ui/Time.tsx'
import { DirectoryLine, DirectoryNotes } from './DirectoryNotes.tsx'
import type { TenantsSearch } from './search.ts'

const none = <span className="text-faint">–</span>

const columns: readonly Column<Tenant>[] = [
  {
    id: 'name',
    header: 'Name',
    sorts: true,
    cell: (tenant) => (
      <span className="flex min-w-0 items-baseline gap-2.5">
        <Link {...paths.tenant(tenant.id)} data-tip={tenant.name} data-cut className="min-w-0 font-medium hover:text-accent">
          <Inert text={tenant.name} className={inertLine} />
        </Link>
        <ShortId id={tenant.id} className="max-w-48 shrink-0 text-faint" />
      </span>
    ),
  },
  { id: 'status', header: 'Status', width: '128px', sorts: true, cell: (tenant) => <Lifecycle status={tenant.status} /> },
  { id: 'plan', header: 'Plan', width: '120px', sorts: true, cell: (tenant) => (tenant.plan ? <InertLine text={tenant.plan} /> : none) },
  {
    id: 'region',
    header: 'Region',
    width: '112px',
    from: 'xl',
    cell: (tenant) => (tenant.region ? <InertLine text={tenant.region} /> : none),
  },
  {
    id: 'user_count',
    header: 'Users',
    width: '92px',
    from: 'lg',
    sorts: true,
    end: true,
    cell: (tenant) => (tenant.user_count === null ? none : <span className="nums">{formatNumber(tenant.user_count)}</span>),
  },
  {
    id: 'created_at',
    header: 'Created',
    width: '124px',
    from: 'xl',
    sorts: true,
    end: true,
    cell: (tenant) => <Time at={tenant.created_at} className="text-soft" />,
  },
  { id: 'acts', header: '', width: '300px', end: true, cell: (tenant) => <Acts tenant={tenant} /> },
]

/** Quiet until the row is looked at. */
const quiet = '!font-normal text-faint group-hover/row:text-ink group-focus-within/row:text-ink'

function Acts({ tenant }: { tenant: Tenant }) {
  const why = useNoConnection()
  return (
    <span className="flex justify-end gap-1">
      <Link
        {...paths.tenant(tenant.id)}
        aria-label={`View Details of ${tenant.name}`}
        className={clsx(buttonClass('quiet', 'small'), quiet)}
      >
        View Details
      </Link>
      <Button
        kind="quiet"
        className={quiet}
        size="small"
        icon={<KeyRound />}
        aria-label={`Create Support Session on ${tenant.name}`}
        disabled={why !== undefined}
        data-tip={why}
        onClick={() => openOverlay({ kind: 'create', tenant })}
      >
        Create Support Session
      </Button>
    </span>
  )
}

function PhoneRow({ tenant }: { tenant: Tenant }) {
  const why = useNoConnection()
  return (
    <span className="flex items-center gap-2">
      <span className="flex min-w-0 flex-1 flex-col gap-0.5">
        <Link {...paths.tenant(tenant.id)} className="min-w-0 font-medium text-base">
          <Inert text={tenant.name} className={inertLine} />
        </Link>
        <span className="flex min-w-0 items-center gap-2 text-soft text-xs">
          <Lifecycle status={tenant.status} />
          {tenant.plan ? <Inert text={tenant.plan} className="truncate" /> : null}
          <ShortId id={tenant.id} className="min-w-0 text-faint" />
        </span>
      </span>
      <Button
        size="small"
        aria-label={`Create Support Session on ${tenant.name}`}
        disabled={why !== undefined}
        className="pointer-coarse:size-10"
        icon={<KeyRound />}
        onClick={() => openOverlay({ kind: 'create', tenant })}
      />
    </span>
  )
}

const statusOptions = [
  { value: 'all' as const, label: 'All' },
  ...lifecycleStatuses.map((status) => ({ value: status, label: <Lifecycle status={status} /> })),
]

export function TenantsPage() {
  const search = useSearch({ from: '/shell/tenants' })
  const navigate = useNavigate({ from: '/tenants' })
  const list = useInfiniteQuery(tenantsQuery(search))
  const pages = list.data?.pages
  const tenants = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages])
  const first = pages?.[0]
  const set = useCallback((change: TenantsSearch) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true }), [navigate])
  const onSearch = useCallback((query: string) => set({ query: query.trim() || undefined }), [set])
  const isFiltered = search.query !== undefined || search.status !== undefined

  return (
    <Page
      title="Tenants"
      state={
        first ? (
          <span className="text-faint text-sm nums">
            {isFiltered ? `${plural(first.total, 'tenant')} found` : formatNumber(first.total)}
          </span>
        ) : null
      }
      acts={first ? <DirectoryLine {...first} /> : null}
    >
      {first ? <DirectoryNotes {...first} /> : null}
      <div className="flex flex-wrap items-center gap-2">
        <Search
          value={search.query ?? ''}
          onSearch={onSearch}
          label="Search tenants by name or id"
          placeholder="Name or id"
          className="w-72 max-sm:w-full"
        />
        <Segments<LifecycleStatus | 'all'>
          label="Lifecycle status"
          value={search.status ?? 'all'}
          onChoose={(status) => set({ status: status === 'all' ? undefined : status })}
          options={statusOptions}
          className="max-sm:w-full"
        />
      </div>
      <Table
        label="Tenants"
        columns={columns}
        rows={tenants}
        keyOf={(tenant) => tenant.id}
        phone={(tenant) => <PhoneRow tenant={tenant} />}
        onOpen={(tenant) => void navigate(paths.tenant(tenant.id))}
        sort={{
          by: search.sort ?? 'name',
          order: search.order ?? 'asc',
          onSort: (by, order) => set({ sort: by as TenantsSearch['sort'], order }),
        }}
        isLoading={list.isPending}
        error={list.error}
        onRetry={() => void list.refetch()}
        more={{ has: list.hasNextPage, isLoading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        empty={
          isFiltered ? (
            <Empty icon={Building2} title="No tenant fits">
              <Button className="mt-3" onClick={() => set({ query: undefined, status: undefined })}>
                Show all tenants
              </Button>
            </Empty>
          ) : first?.directory.trouble ? (
            <Empty icon={Building2} title="The directory cannot be reached">
              Every tenant of the product appears here once it answers. It is asked again all the time.
            </Empty>
          ) : (
            <Empty icon={Building2} title="No tenants yet">
              Every tenant of the product appears here once its directory has been read. Run{' '}
              <code className="id">countersign connector check</code> if that should have happened.
            </Empty>
          )
        }
      />
    </Page>
  )
}
