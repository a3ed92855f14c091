import { only } from '@countersign/contract/choice.ts'
import type { Authorizer, Tenant, TenantDetails } from '@countersign/contract/tenants.ts'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { sessionsQuery } from '../../api/sessions.ts'
import { tenantDetailsQuery } from '../../api/tenants.ts'
import { paths } from '../../paths.ts'
import { Card, type Fact, Facts } from '../../ui/Card.tsx'
import { formatNumber } from '../../ui/format.ts'
import { given } from '../../ui/given.tsx'
import { Inert, InertLine } from '../../ui/Inert.tsx'
import { Old } from '../../ui/Old.tsx'
import { Person } from '../../ui/Person.tsx'
import { FailureNote, Loading } from '../../ui/States.tsx'
import { Instant, TimeThere } from '../../ui/Time.tsx'
import { Unknown } from '../../ui/Unknown.tsx'
import { EventList } from '../audit/EventList.tsx'
import { Left } from '../sessions/Left.tsx'

/** What a call needs first; then how the tenant fares, and what has happened to it. */
export function TenantOverview({ tenant, children }: { tenant: Tenant; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-4">
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <ForTheCall tenant={tenant} />
        <OpenSessions tenant={tenant} />
      </div>
      {children}
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

/** Who may agree to what, and what the tenant has bought: what somebody needs who has it on the phone. The header has the rest. */
function ForTheCall({ tenant }: { tenant: Tenant }) {
  const { data: details, error, isPending, refetch } = useQuery(tenantDetailsQuery(tenant.id))
  return (
    <Card title="For the call">
      <div className="flex flex-col gap-3">
        {error ? <FailureNote error={error} onRetry={() => void refetch()} /> : null}
        {isPending && !error ? <Loading lines={3} /> : null}
        <Facts facts={[...(details ? detailFacts(details) : []), ...mirrored(tenant)]} />
      </div>
    </Card>
  )
}

const mirrored = (tenant: Tenant): Fact[] => [
  ['Users', tenant.user_count === null ? <Unknown key="users" /> : formatNumber(tenant.user_count)],
  ['Created', <Instant key="created" at={tenant.created_at} />],
  ...(tenant.deleted_at === null ? [] : [['Deleted', <Instant key="deleted" at={tenant.deleted_at} />] as const]),
]

/** What the product tells, and no more: a member that it leaves out is not there, one that it does not know is unknown. */
export const detailFacts = ({ authorizers, seats_used, seats_total, sso, sso_required, time_zone }: TenantDetails): Fact[] => [
  ...given(authorizers, 'May authorize', (people) => <Authorizers people={people} />),
  ...given(seats_total ?? seats_used, 'Seats', () => `${seats_used ?? 'unknown'} of ${seats_total ?? 'unknown'}`),
  ...given(sso, 'Single sign-on', (name) => <Inert text={sso_required ? `${name}, required` : name} />),
  ...given(time_zone, 'Time zone', (name) => <TimeThere zone={name} />),
]

/** So many are read at a glance; all of some would push everything else off the page. */
const fewPeople = 5

function Authorizers({ people }: { people: readonly Authorizer[] }) {
  const [isWhole, setWhole] = useState(false)
  if (people.length === 0) return <span className="text-faint">the product reports nobody</span>
  const rest = people.length - fewPeople
  // One more line would say no less than the button does.
  const isCut = rest > 1 && !isWhole
  return (
    <ul className="flex flex-col gap-1">
      {(isCut ? people.slice(0, fewPeople) : people).map(({ id, name, email, role }) => (
        <li key={`${id} ${email}`} className="flex min-w-0 flex-wrap items-baseline gap-x-2">
          {id === null ? (
            <Inert text={email} />
          ) : (
            <Link {...paths.user(id)} className="text-accent hover:underline">
              <Inert text={email} />
            </Link>
          )}
          <Inert text={name} className="text-soft" />
          {role === null ? null : <Inert text={role} className="text-faint text-xs" />}
        </li>
      ))}
      {rest > 1 ? (
        <li>
          <button
            type="button"
            aria-expanded={isWhole}
            onClick={() => setWhole(!isWhole)}
            className="min-h-6 text-accent text-xs hover:underline pointer-coarse:min-h-10"
          >
            {isWhole ? 'Fewer' : `${formatNumber(rest)} more`}
          </button>
        </li>
      ) : null}
    </ul>
  )
}

function OpenSessions({ tenant }: { tenant: Tenant }) {
  const { data, dataUpdatedAt, error } = useInfiniteQuery(sessionsQuery({ tenant_id: tenant.id, status: 'ACTIVE' }))
  const sessions = data?.pages.flatMap((page) => page.items)
  return (
    <Card title="Open sessions" flush={(sessions?.length ?? 0) > 0}>
      {error && !sessions ? <FailureNote error={error} /> : null}
      {sessions ? <Old error={error} readAt={dataUpdatedAt} what="This list" /> : null}
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
