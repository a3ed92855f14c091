import type { Overview } from '@countersign/contract/health.ts'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Building2 } from 'lucide-react'
import { useCallback } from 'react'
import { paths } from '../../paths.ts'
import { Tag } from '../../ui/Badge.tsx'
import { Button } from '../../ui/Button.tsx'
import { plural } from '../../ui/format.ts'
import { FloatingPill, LivePill } from '../../ui/LivePill.tsx'
import { Page } from '../../ui/Page.tsx'
import { Empty } from '../../ui/States.tsx'
import { Table } from '../../ui/Table.tsx'
import { Time } from '../../ui/Time.tsx'
import { columns, PhoneRow, phoneHeight } from './columns.tsx'
import { DirectoryLine, DirectoryNotes } from './DirectoryNotes.tsx'
import { HealthCards } from './HealthCards.tsx'
import { NoSignals } from './NoSignals.tsx'
import { OverviewFilters } from './OverviewFilters.tsx'
import type { TenantsSearch } from './search.ts'
import { useOverview } from './useOverview.ts'

const isFiltered = ({ query, health, status, plan }: TenantsSearch): boolean =>
  [query, health, status, plan].some((value) => value !== undefined)

/** Who needs attention, before anybody calls: every tenant of the product, the worst first, live (C2–C23). */
export function TenantsPage() {
  const search = useSearch({ from: '/shell/tenants' })
  const navigate = useNavigate({ from: '/tenants' })
  const { list, first, rows, live } = useOverview(search)
  const open = useCallback((next: TenantsSearch) => void navigate({ search: next, replace: true }), [navigate])
  const set = useCallback((change: TenantsSearch) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true }), [navigate])
  const waits = { waiting: live.waiting, onShow: live.showAll, noun: 'change' }
  return (
    <Page title="Tenants" state={<State first={first} search={search} />} acts={first ? <DirectoryLine {...first} /> : null}>
      {first ? <DirectoryNotes {...first} /> : null}
      <HealthCards
        cards={first?.cards ?? (list.isError ? null : undefined)}
        chosen={search.health}
        onChoose={(health) => set({ health })}
      />
      {first?.signals.state === 'none' ? <NoSignals /> : null}
      <OverviewFilters search={search} first={first} onSet={set} onOpen={open}>
        <LivePill state={live.state} held={live.isHeld} words="" {...waits} />
      </OverviewFilters>
      <div className="min-w-0">
        <FloatingPill isScrolled={live.isScrolled} {...waits} />
        <Table
          label="Tenants"
          columns={columns}
          rows={rows}
          keyOf={({ tenant }) => tenant.id}
          twoLines
          phone={(row) => <PhoneRow row={row} />}
          phoneHeight={phoneHeight}
          onOpen={({ tenant }) => void navigate(paths.tenant(tenant.id))}
          sort={{
            by: search.sort ?? 'worst',
            order: search.order ?? 'asc',
            onSort: (by, order) => set({ sort: by as TenantsSearch['sort'], order }),
          }}
          isLoading={list.isPending}
          error={list.error}
          readAt={list.dataUpdatedAt}
          onRetry={() => void list.refetch()}
          more={{ has: list.hasNextPage, isLoading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
          onHold={live.onHold}
          empty={<Nothing first={first} search={search} onClear={() => open({})} />}
        />
      </div>
    </Page>
  )
}

function State({ first, search }: { first: Overview | undefined; search: TenantsSearch }) {
  if (!first) return null
  return (
    <>
      {isFiltered(search) ? (
        <span role="status" className="text-faint text-sm nums">
          {plural(first.matching, 'tenant')} found
        </span>
      ) : null}
      {first.signals.state === 'stale' ? (
        <Tag tone="amber">
          no signal{first.signals.last_at ? ' since ' : ''}
          {first.signals.last_at ? <Time at={first.signals.last_at} /> : null}
        </Tag>
      ) : null}
    </>
  )
}

function Nothing({ first, search, onClear }: { first: Overview | undefined; search: TenantsSearch; onClear: () => void }) {
  if (isFiltered(search))
    return (
      <Empty icon={Building2} title="No tenant matches">
        <Button className="mt-3" onClick={onClear}>
          Show all tenants
        </Button>
      </Empty>
    )
  if (first?.directory.trouble)
    return (
      <Empty icon={Building2} title="The directory cannot be reached">
        Every tenant of the product appears here once it answers. Countersign keeps asking.
      </Empty>
    )
  return (
    <Empty icon={Building2} title="No tenants yet">
      Every tenant of the product appears here once its directory has been read. Run <code className="id">countersign connector check</code>{' '}
      if that should have happened.
    </Empty>
  )
}
