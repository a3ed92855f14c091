import type { ActionRequest } from '@countersign/contract/action-requests.ts'
import { only } from '@countersign/contract/choice.ts'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { isOver, requestQuery } from '../../api/actions.ts'
import { canOpenPane, canReadSessions, canUseConsole, useMe } from '../../api/me.ts'
import { parseSigned } from '../../api/signed.ts'
import { paths } from '../../paths.ts'
import { RequestBadge, RiskBadge } from '../../ui/Badge.tsx'
import { buttonClass } from '../../ui/Button.tsx'
import { Card, Facts } from '../../ui/Card.tsx'
import { Crumbs } from '../../ui/Crumbs.tsx'
import { IdChip } from '../../ui/IdChip.tsx'
import { Inert, inertLine } from '../../ui/Inert.tsx'
import { Old } from '../../ui/Old.tsx'
import { Page } from '../../ui/Page.tsx'
import { Person } from '../../ui/Person.tsx'
import { FailedPage, Loading } from '../../ui/States.tsx'
import { Instant, Time } from '../../ui/Time.tsx'
import { Outcome } from '../actions/Outcome.tsx'
import { actionWords, stateWords } from '../actions/words.ts'
import { EventList } from '../audit/EventList.tsx'
import { Decide } from './Decide.tsx'
import { Own } from './Own.tsx'
import { Sheet, Unreadable } from './Sheet.tsx'

export function RequestPage() {
  const { requestId } = useParams({ from: '/shell/approvals/$requestId' })
  const { data: request, dataUpdatedAt, error, refetch } = useQuery(requestQuery(requestId))
  if (error && !request)
    return <FailedPage title="Request" above={<Crumbs to="Approvals" />} error={error} onRetry={() => void refetch()} />
  if (!request)
    return (
      <Page title="Request">
        <Loading />
      </Page>
    )
  const old = <Old error={error} readAt={dataUpdatedAt} onRetry={() => void refetch()} />
  return <Request key={request.id} request={request} old={old} />
}

/** What is signed must speak of what the page says it does: else there is nothing to decide on here. */
const readSigned = (request: ActionRequest) => {
  const signed = parseSigned(request.signed)
  const isSame = signed?.id === request.id && signed.action === request.action && signed.target.id === request.target.id
  return isSame ? signed : null
}

/** The countersign sheet, and the same page live for whoever asked. */
function Request({ request, old }: { request: ActionRequest; old: ReactNode }) {
  const me = useMe()
  const signed = readSigned(request)
  const isMine = request.requester.id === me.staff.id
  const { title } = actionWords[request.action]
  return (
    <Page
      title={`${title}: ${request.target.label}`}
      heading={
        <span className={inertLine}>
          <span className="text-soft">{title}</span> <Inert text={request.target.label} />
        </span>
      }
      above={<Crumbs to="Approvals" />}
      state={
        <span className="flex items-center gap-2">
          <RequestBadge state={request.state}>{stateWords[request.state]}</RequestBadge>
          <RiskBadge risk={request.risk} />
        </span>
      }
      below={<IdChip id={request.id} what="request id" className="text-faint" />}
      acts={<ToTarget request={request} />}
    >
      {old}
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        {signed ? <Sheet signed={signed} bytes={request.signed} /> : <Unreadable bytes={request.signed} />}
        <div className="flex min-w-0 flex-col gap-4">
          <State request={request} />
          {isMine ? <Own request={request} /> : null}
          {signed && request.approvals_needed > 0 ? <Decide request={request} signed={signed} /> : null}
        </div>
      </div>
      <EventList
        search={{ target_id: only(request.target.id), tenant_id: only(request.tenant_id) }}
        most={8}
        card={{ title: `What has happened with this ${request.target.kind}` }}
      />
    </Page>
  )
}

function ToTarget({ request: { target, ticket } }: { request: ActionRequest }) {
  const me = useMe()
  if (target.kind === 'user' ? !canOpenPane(me) : !canUseConsole(me)) return null
  const link = target.kind === 'user' ? paths.user(target.id, ticket ?? undefined) : paths.tenant(target.id)
  return (
    <Link {...link} className={buttonClass('plain')}>
      Open the {target.kind}
    </Link>
  )
}

/** For whom sessions are not open, their id alone. */
function SessionLink({ id }: { id: string }) {
  if (!canReadSessions(useMe())) return <IdChip id={id} what="session id" />
  return (
    <Link {...paths.session(id)} className="id break-all text-accent hover:underline">
      {id}
    </Link>
  )
}

function State({ request }: { request: ActionRequest }) {
  const { approvals, approvals_needed: needed } = request
  return (
    <Card title="State">
      <div className="flex flex-col gap-3">
        <Outcome request={request} isOwnPage />
        <Facts
          facts={[
            ['Requires', request.requires],
            ['Approvals', `${approvals.length} of ${needed}`],
            ...approvals.map(
              ({ by, at, signature }) =>
                [
                  'Approved by',
                  <span key={by.id} className="flex flex-wrap items-center gap-x-2">
                    <Person email={by.email} name={by.name} kind="staff" />
                    <span className="text-faint text-xs">
                      with {signature === 'passkey' ? 'a passkey' : 'a fresh sign-in'}, <Time at={at} />
                    </span>
                  </span>,
                ] as const,
            ),
            request.outcome !== null && ['Outcome', <Instant key="outcome" at={request.outcome.at} />],
            !isOver(request) && ['Expires', <Instant key="expires" at={request.expires_at} />],
            request.session_id !== null && ['Session', <SessionLink key="session" id={request.session_id} />],
          ]}
        />
      </div>
    </Card>
  )
}
