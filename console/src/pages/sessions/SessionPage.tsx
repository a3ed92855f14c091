import type { Session } from '@countersign/contract/sessions.ts'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Suspense } from 'react'
import { canOpenPane, useMe } from '../../api/me.ts'
import { scopesQuery, sessionQuery } from '../../api/sessions.ts'
import { paths } from '../../paths.ts'
import { SessionBadge } from '../../ui/Badge.tsx'
import { Card, Facts } from '../../ui/Card.tsx'
import { Code } from '../../ui/Code.tsx'
import { Crumbs } from '../../ui/Crumbs.tsx'
import { IdChip } from '../../ui/IdChip.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { lazyPart, notLoaded } from '../../ui/lazyPart.tsx'
import { Old } from '../../ui/Old.tsx'
import { Page } from '../../ui/Page.tsx'
import { Person } from '../../ui/Person.tsx'
import { FailedPage, FailureNote, Loading } from '../../ui/States.tsx'
import { Tabs } from '../../ui/Tabs.tsx'
import { TenantLink } from '../../ui/TenantLink.tsx'
import { Ticket } from '../../ui/Ticket.tsx'
import { EventList } from '../audit/EventList.tsx'
import { ExportButton } from '../exports/ExportButton.tsx'
import { AccessLog } from './AccessLog.tsx'
import { AddTicket } from './AddTicket.tsx'
import { exampleRoute, formatCurl } from './curl.ts'
import { byWeight } from './presets.ts'
import { ReceiptSheet } from './ReceiptSheet.tsx'
import { RevokeButton } from './RevokeButton.tsx'
import { ScopeTag } from './Scopes.tsx'
import { StepInButton } from './StepInButton.tsx'
import { SummaryCard } from './SummaryCard.tsx'
import { Remaining, Timing } from './Timing.tsx'
import { whyUnusable } from './unusable.ts'

const Runner = lazyPart(
  async () => (await import('../runner/Runner.tsx')).Runner,
  ({ onRetry }) => <FailureNote error={notLoaded()} onRetry={onRetry} />,
)

export function SessionPage() {
  const { sessionId } = useParams({ from: '/shell/sessions/$sessionId' })
  const { tab = 'access' } = useSearch({ from: '/shell/sessions/$sessionId' })
  const me = useMe()
  const navigate = useNavigate({ from: '/sessions/$sessionId' })
  const { data: session, dataUpdatedAt, error, refetch } = useQuery(sessionQuery(sessionId))
  if (error && !session) return <FailedPage title="Session" above={<Crumbs to="Sessions" />} error={error} onRetry={() => void refetch()} />
  if (!session)
    return (
      <Page title="Session">
        <Loading />
      </Page>
    )
  const name = session.tenant_name ?? session.tenant_id
  const isUsable = session.standing === 'usable'
  return (
    <Page
      title={`Session on ${name}`}
      heading={
        <>
          <span className="text-soft">Session on</span> <Inert text={name} />
        </>
      }
      above={<Crumbs to="Sessions" />}
      state={<SessionBadge status={session.status} />}
      below={<IdChip id={session.id} what="session id" className="text-faint" />}
      acts={
        <>
          <StepInButton session={session} />
          <RevokeButton session={session} />
        </>
      }
    >
      <Old error={error} readAt={dataUpdatedAt} onRetry={() => void refetch()} />
      <Card title="Session" aside={isUsable ? <Remaining session={session} /> : null}>
        <div className="grid items-start gap-x-10 gap-y-2 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <Details session={session} />
          <div className="flex min-w-0 flex-col gap-4">
            <Timing session={session} />
            {isUsable && session.staff_id === me.staff.id ? <Example session={session} /> : null}
          </div>
        </div>
      </Card>
      {session.ended_at === null ? null : <SummaryCard session={session} />}
      <Tabs
        label="Records of the session"
        chosen={tab}
        onChoose={(id) => void navigate({ search: { tab: id === 'access' ? undefined : id }, replace: true })}
        tabs={[
          { id: 'access', label: 'Access Logs' },
          { id: 'requests', label: 'Send a request' },
          { id: 'events', label: 'Events' },
          { id: 'receipt', label: 'Receipt' },
        ]}
      >
        {tab === 'access' ? <AccessLog session={session} /> : null}
        {tab === 'requests' ? (
          <Suspense fallback={<Loading />}>
            <Runner key={session.id} session={session} />
          </Suspense>
        ) : null}
        {tab === 'events' ? (
          <EventList search={{ session_id: session.id }} toolbar={<ExportButton search={{ session_id: session.id }} />} />
        ) : null}
        {tab === 'receipt' ? <ReceiptSheet session={session} /> : null}
      </Tabs>
    </Page>
  )
}

function Details({ session }: { session: Session }) {
  const me = useMe()
  const unusable = whyUnusable(session)
  return (
    <Facts
      facts={[
        ['Status', <SessionBadge key="status" status={session.status} />],
        unusable !== undefined && ['Cannot be used', unusable.sentence],
        [
          'Tenant',
          <span key="tenant" className="flex min-w-0 flex-wrap items-baseline gap-x-2">
            <TenantLink id={session.tenant_id} name={session.tenant_name} className="text-accent" />
            <IdChip id={session.tenant_id} what="tenant id" className="text-faint" />
          </span>,
        ],
        session.target_user_id !== null && ['On the user', <TargetUser key="user" session={session} />],
        [
          'Staff',
          <span key="staff" className="flex min-w-0 flex-wrap items-center gap-x-2">
            <Person email={session.staff_email} kind="staff" />
            <IdChip id={session.staff_id} what="staff id" className="text-faint" />
          </span>,
        ],
        [
          'Scopes',
          <span key="scopes" className="flex flex-wrap gap-1">
            {byWeight(session.scopes).map((scope) => (
              <ScopeTag key={scope} scope={scope} />
            ))}
          </span>,
        ],
        ['Reason', <Inert key="reason" text={session.reason} className="whitespace-pre-line" />],
        session.ticket !== null && ['Ticket', <Ticket key="ticket" id={session.ticket} />],
        session.ticket === null && session.staff_id === me.staff.id && ['Ticket', <AddTicket key="ticket" session={session} />],
      ]}
    />
  )
}

/** By the address that its opening has, and the way to the pane for whom it is open. */
function TargetUser({ session: { target_user_id: id, target_user_label: label, ticket } }: { session: Session }) {
  const isOpen = canOpenPane(useMe())
  const name = label === null ? <span className="id">{id}</span> : <Inert text={label} />
  if (!isOpen || id === null) return name
  return (
    <Link {...paths.user(id, ticket ?? undefined)} className="break-all text-accent hover:underline">
      {name}
    </Link>
  )
}

/** How it is used. The token itself was shown once, and is not here. */
function Example({ session }: { session: Session }) {
  const { gateway_url: gatewayUrl } = useMe()
  const { data: catalogue } = useQuery(scopesQuery)
  const route = catalogue && exampleRoute(catalogue, session.scopes, { tenantId: session.tenant_id, userId: session.target_user_id })
  if (!route) return null
  return (
    <section aria-label="Make a request" className="flex min-w-0 flex-col gap-1.5">
      <Code what="curl command" text={formatCurl(gatewayUrl, route.path, '$TOKEN')} />
      <p className="text-faint text-xs">The token was shown once, when the session was created. If it is lost, create a new session.</p>
    </section>
  )
}
