import { only } from '@countersign/contract/choice.ts'
import type { Tenant } from '@countersign/contract/tenants.ts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { sessionsQuery } from '../../api/sessions.ts'
import { paths } from '../../paths.ts'
import { Lifecycle } from '../../ui/Badge.tsx'
import { Card, Facts } from '../../ui/Card.tsx'
import { formatNumber } from '../../ui/format.ts'
import { IdChip } from '../../ui/IdChip.tsx'
import { Inert, InertLine } from '../../ui/Inert.tsx'
import { Person } from '../../ui/Person.tsx'
import { FailureNote, Loading } from '../../ui/States.tsx'
import { Instant } from '../../ui/Time.tsx'
import { EventList } from '../audit/EventList.tsx'
import { Left } from '../sessions/Left.tsx'

export function TenantOverview({ tenant }: { tenant: Tenant }) {
  return (
    <div className="flex flex-col gap-4">
      <div className="grid gap-4 lg:grid-cols-2">
        <Card title="Facts">
          <Facts
            facts={[
              ['Name', <Inert key="name" text={tenant.name} />],
              ['Id', <IdChip key="id" id={tenant.id} what="tenant id" whole />],
              ['Status', <Lifecycle key="status" status={tenant.status} />],
              tenant.plan !== null && ['Plan', <Inert key="plan" text={tenant.plan} />],
              tenant.region !== null && ['Region', <Inert key="region" text={tenant.region} />],
              tenant.user_count !== null && [
                'Users',
                <span key="users" className="nums">
                  {formatNumber(tenant.user_count)}
                </span>,
              ],
              ['Created', <Instant key="created" at={tenant.created_at} />],
              ['Updated', <Instant key="updated" at={tenant.updated_at} />],
              tenant.deleted_at !== null && ['Deleted', <Instant key="deleted" at={tenant.deleted_at} />],
            ]}
          />
        </Card>
        <OpenSessions tenant={tenant} />
      </div>
      <EventList
        search={{ tenant_id: only(tenant.id) }}
        most={8}
        card={{
          title: 'What has happened here',
          aside: (
            <Link {...paths.tenant(tenant.id, 'audit')} className="font-medium text-accent text-xs hover:underline">
              All events
            </Link>
          ),
        }}
      />
    </div>
  )
}

function OpenSessions({ tenant }: { tenant: Tenant }) {
  const { data, error } = useInfiniteQuery(sessionsQuery({ tenant_id: tenant.id, status: 'ACTIVE' }))
  const sessions = data?.pages.flatMap((page) => page.items)
  return (
    <Card title="Open sessions" flush={(sessions?.length ?? 0) > 0}>
      {error ? <FailureNote error={error} /> : null}
      {!sessions && !error ? <Loading lines={2} /> : null}
      {sessions?.length === 0 ? <p className="text-faint text-sm">Nobody has access to this tenant now.</p> : null}
      {sessions && sessions.length > 0 ? (
        <ul className="divide-y divide-line">
          {sessions.map((session) => (
            <li key={session.id}>
              <Link
                {...paths.session(session.id)}
                className="flex items-center gap-3 px-4 py-2 text-sm transition-colors -outline-offset-2 hover:bg-hover"
              >
                <span className="flex min-w-0 flex-1 flex-col">
                  <Person email={session.staff_email} kind="staff" />
                  <InertLine text={session.reason} className="pl-7 text-faint text-xs" />
                </span>
                <Left session={session} />
              </Link>
            </li>
          ))}
        </ul>
      ) : null}
    </Card>
  )
}
