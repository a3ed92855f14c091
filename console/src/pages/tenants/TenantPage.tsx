import { only } from '@countersign/contract/choice.ts'
import type { Tenant } from '@countersign/contract/tenants.ts'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { KeyRound, LogOut } from 'lucide-react'
import { actionTableQuery } from '../../api/actions.ts'
import { useNoConnection } from '../../api/connection.ts'
import { tenantHealthQuery } from '../../api/health.ts'
import { tenantQuery } from '../../api/tenants.ts'
import { type TenantTab, tenantTabs } from '../../paths.ts'
import { Lifecycle, Tag } from '../../ui/Badge.tsx'
import { Button } from '../../ui/Button.tsx'
import { Crumbs } from '../../ui/Crumbs.tsx'
import { IdChip } from '../../ui/IdChip.tsx'
import { Inert, inertLine } from '../../ui/Inert.tsx'
import { Old } from '../../ui/Old.tsx'
import { openOverlay } from '../../ui/overlay.ts'
import { Page } from '../../ui/Page.tsx'
import { FailedPage, FailureNote, Loading } from '../../ui/States.tsx'
import { Tabs } from '../../ui/Tabs.tsx'
import { whyNever } from '../actions/ActionsCard.tsx'
import { usePageTarget } from '../actions/pageAct.ts'
import { EventList } from '../audit/EventList.tsx'
import { ExportButton } from '../exports/ExportButton.tsx'
import { SessionList } from '../sessions/SessionList.tsx'
import { TenantHealthCards } from './TenantHealthCards.tsx'
import { TenantOverview } from './TenantOverview.tsx'
import { TenantTraffic } from './TenantTraffic.tsx'
import { TenantUsers } from './TenantUsers.tsx'

const tabWords: Record<TenantTab, string> = { overview: 'Overview', users: 'Users', sessions: 'Sessions', audit: 'Audit' }

export function TenantPage() {
  const { tenantId } = useParams({ from: '/shell/tenants/$tenantId' })
  const { tab = 'overview', window = '24h' } = useSearch({ from: '/shell/tenants/$tenantId' })
  const navigate = useNavigate({ from: '/tenants/$tenantId' })
  const { data: tenant, dataUpdatedAt, error, refetch } = useQuery(tenantQuery(tenantId))
  const health = useQuery({ ...tenantHealthQuery(tenantId, window), enabled: tenant !== undefined })
  if (error && !tenant) return <FailedPage title="Tenant" above={<Crumbs to="Tenants" />} error={error} onRetry={() => void refetch()} />
  if (!tenant)
    return (
      <Page title="Tenant">
        <Loading />
      </Page>
    )
  return (
    <Page
      title={tenant.name}
      heading={<Inert text={tenant.name} className={inertLine} />}
      above={<Crumbs to="Tenants" />}
      state={<HeaderState tenant={tenant} />}
      readAt={dataUpdatedAt}
      below={<IdChip id={tenant.id} what="tenant id" className="text-faint" />}
      acts={<SupportActions tenant={tenant} />}
    >
      <Old error={error} readAt={dataUpdatedAt} onRetry={() => void refetch()} />
      {health.error && !health.data ? <FailureNote error={health.error} onRetry={() => void health.refetch()} /> : null}
      {health.data ? (
        <Old error={health.error} readAt={health.dataUpdatedAt} what="The health of the tenant" onRetry={() => void health.refetch()} />
      ) : null}
      <TenantHealthCards of={health.data} failed={health.isError} />
      <Tabs
        label="Parts of the tenant"
        chosen={tab}
        onChoose={(id) => void navigate({ search: (now) => ({ ...now, tab: id === 'overview' ? undefined : id }), replace: true })}
        tabs={tenantTabs.map((id) => ({ id, label: tabWords[id] }))}
      >
        {tab === 'overview' ? (
          <TenantOverview tenant={tenant}>
            {health.data ? (
              <TenantTraffic
                of={health.data}
                window={window}
                onWindow={(chosen) =>
                  void navigate({ search: (now) => ({ ...now, window: chosen === '24h' ? undefined : chosen }), replace: true })
                }
              />
            ) : null}
          </TenantOverview>
        ) : null}
        {tab === 'users' ? <TenantUsers tenant={tenant} /> : null}
        {tab === 'sessions' ? <SessionList filters={{ tenant_id: tenant.id }} isTenantKnown /> : null}
        {tab === 'audit' ? (
          <EventList search={{ tenant_id: only(tenant.id) }} toolbar={<ExportButton search={{ tenant_id: only(tenant.id) }} />} />
        ) : null}
      </Tabs>
    </Page>
  )
}

function HeaderState({ tenant }: { tenant: Tenant }) {
  return (
    <span className="flex min-w-0 flex-wrap items-center gap-2 text-sm">
      <Lifecycle status={tenant.status} />
      {tenant.plan ? (
        <Tag tip="Plan">
          <Inert text={tenant.plan} />
        </Tag>
      ) : null}
      {tenant.region ? (
        <Tag tip="Region">
          <Inert text={tenant.region} />
        </Tag>
      ) : null}
      {tenant.deleted_at ? <Tag tone="red">deleted</Tag> : null}
    </span>
  )
}

/** Exactly two (C25). */
function SupportActions({ tenant }: { tenant: Tenant }) {
  const { data: table } = useQuery(actionTableQuery({ kind: 'tenant', id: tenant.id }))
  const noConnection = useNoConnection()
  const row = table?.items.find(({ action }) => action === 'force_logout')
  const never = row && whyNever(row)
  const logOut = () => openOverlay({ kind: 'force_logout', tenant })
  usePageTarget({ kind: 'tenant', id: tenant.id, label: tenant.name }, (action) =>
    action === 'force_logout' ? logOut() : openOverlay({ kind: 'create', tenant }),
  )
  return (
    <div role="toolbar" aria-label="Support Actions" className="flex flex-wrap items-center gap-2">
      <span aria-hidden="true" className="text-faint text-xs max-sm:hidden">
        Support Actions
      </span>
      {noConnection ? <span className="text-faint text-sm">{noConnection}</span> : null}
      <Button kind="main" icon={<KeyRound />} disabled={noConnection !== undefined} onClick={() => openOverlay({ kind: 'create', tenant })}>
        Create Support Session
      </Button>
      <Button kind="danger" icon={<LogOut />} disabled={noConnection !== undefined || never !== undefined} onClick={logOut}>
        Force Logout All Sessions
      </Button>
      {never ? <span className="text-faint text-xs">{never}</span> : null}
    </div>
  )
}
