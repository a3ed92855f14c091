import type { ActionName } from '@countersign/contract/actions.ts'
import { only } from '@countersign/contract/choice.ts'
import { Ticket as TicketName } from '@countersign/contract/text.ts'
import type { UserPane } from '@countersign/contract/users.ts'
import { useQuery } from '@tanstack/react-query'
import { useLocation, useParams, useSearch } from '@tanstack/react-router'
import { KeyRound, Lock, LockOpen } from 'lucide-react'
import type { ReactNode } from 'react'
import { actionTableQuery } from '../../api/actions.ts'
import { useNoConnection } from '../../api/connection.ts'
import { canUseConsole, useMe } from '../../api/me.ts'
import { userPaneQuery } from '../../api/users.ts'
import { Tag, UserStatusWord } from '../../ui/Badge.tsx'
import { Button } from '../../ui/Button.tsx'
import { Card, type Fact, Facts } from '../../ui/Card.tsx'
import { Crumbs } from '../../ui/Crumbs.tsx'
import { IdChip } from '../../ui/IdChip.tsx'
import { Inert, inertLine } from '../../ui/Inert.tsx'
import { Old } from '../../ui/Old.tsx'
import { Page } from '../../ui/Page.tsx'
import { FailedPage, Loading } from '../../ui/States.tsx'
import { TenantLink } from '../../ui/TenantLink.tsx'
import { Ticket } from '../../ui/Ticket.tsx'
import { Instant, Time } from '../../ui/Time.tsx'
import { Unknown } from '../../ui/Unknown.tsx'
import { LeftOut } from '../../ui/Unread.tsx'
import { ActionsCard } from '../actions/ActionsCard.tsx'
import { OpenRequests } from '../actions/OpenRequests.tsx'
import { actionWords } from '../actions/words.ts'
import { EventList } from '../audit/EventList.tsx'
import { accountFacts } from './account.tsx'
import { Factors } from './Factors.tsx'
import { openImpersonate, useImpersonateKey } from './impersonate.ts'
import { StepInBar } from './StepInBar.tsx'
import { UserAct } from './UserAct.tsx'
import { UserSessions } from './UserSessions.tsx'
import { useUserActs } from './useUserActs.tsx'

export function UserPage() {
  const { userId } = useParams({ from: '/shell/users/$userId' })
  const { data: ticket } = TicketName.safeParse(useSearch({ from: '/shell/users/$userId' }).ticket)
  const { data: pane, dataUpdatedAt, error, refetch } = useQuery(userPaneQuery(userId, ticket))
  if (error && !pane) return <FailedPage title="User" above={<Crumbs to="Users" />} error={error} onRetry={() => void refetch()} />
  if (!pane)
    return (
      <Page title="User">
        <Loading />
      </Page>
    )
  const old = <Old error={error} readAt={dataUpdatedAt} onRetry={() => void refetch()} />
  return <Pane pane={pane} old={old} readAt={dataUpdatedAt} />
}

const roleMissing = 'your roles cannot open sessions'

function Pane({ pane, old, readAt }: { pane: UserPane; old: ReactNode; readAt: number }) {
  const { user, factors, sessions, unreadable } = pane
  const { data: table } = useQuery(actionTableQuery({ kind: 'user', id: user.id }))
  const highRisk = table?.items.filter(({ risk }) => risk === 'high').map(({ action }) => action) ?? []
  const { act, setAct, requests, breaking, onDone } = useUserActs(pane, highRisk)
  const noConnection = useNoConnection()
  const why = canUseConsole(useMe()) ? noConnection : roleMissing
  useImpersonateKey(pane, why === undefined)
  const isFromTicket = useLocation({ select: ({ state }) => state.isFromTicket === true })
  return (
    <Page
      title={user.email}
      heading={<Inert text={user.email} className={inertLine} />}
      above={<Crumbs to="Users" />}
      state={user.status === 'active' ? null : <UserStatusWord status={user.status} />}
      readAt={readAt}
      below={<Opened pane={pane} breaking={breaking} />}
      acts={
        <>
          {why ? <span className="text-faint text-sm">{why}</span> : null}
          <Button kind="main" icon={<KeyRound />} disabled={why !== undefined} aria-keyshortcuts="i" onClick={() => openImpersonate(pane)}>
            Create Support Session
          </Button>
        </>
      }
    >
      {old}
      {isFromTicket && why === undefined ? <StepInBar pane={pane} /> : null}
      <div className="grid items-start gap-4 lg:grid-cols-2 lg:grid-rows-[auto_1fr] xl:grid-cols-[minmax(0,7fr)_minmax(0,9fr)_minmax(0,11fr)] xl:grid-rows-none">
        <Card title="For the call">
          <Facts facts={factsOf(pane)} />
          <LeftOut unreadable={unreadable.account} of="account" className="mt-3" />
        </Card>
        <div className="flex min-w-0 flex-col gap-4 lg:row-span-2 xl:row-span-1">
          <Factors factors={factors} unreadable={unreadable.factors} onAct={(action) => setAct({ action })} />
          <UserSessions
            sessions={sessions}
            unreadable={unreadable.sessions}
            onRevoke={(sessionId) => setAct({ action: 'revoke_session', sessionId })}
          />
        </div>
        <div className="min-w-0">
          <ActionsCard
            target={{ kind: 'user', id: user.id }}
            opened={act?.action ?? null}
            onToggle={(action) => setAct(act?.action === action ? null : { action })}
            above={<OpenRequests requests={requests} />}
          >
            {(row) =>
              act ? (
                <UserAct
                  key={row.action}
                  pane={pane}
                  row={row}
                  act={act}
                  onChoose={(sessionId) => setAct({ action: row.action, sessionId })}
                  onClose={() => setAct(null)}
                  onDone={onDone}
                />
              ) : null
            }
          </ActionsCard>
        </div>
      </div>
      <EventList
        search={{ target_id: only(user.id), tenant_id: only(user.tenant_id) }}
        most={12}
        card={{ title: 'What has happened with this user' }}
      />
    </Page>
  )
}

/** What the header does not say: who it is, and what somebody needs who has them on the phone. */
const factsOf = (pane: UserPane): Fact[] => {
  const { user, account } = pane
  return [
    ['Name', <Inert key="name" text={user.name} />],
    ['Tenant', <TenantOf key="tenant" pane={pane} />],
    ['Role', user.role === null ? <Unknown key="role" /> : <Inert key="role" text={user.role} />],
    ...(account ? accountFacts(account) : []),
    ['Last seen', user.last_seen_at ? <Instant key="seen" at={user.last_seen_at} /> : <Unknown key="seen" />],
    ['Created', <Instant key="created" at={user.created_at} />],
    ['Id', <IdChip key="id" id={user.id} what="user id" whole />],
  ]
}

function TenantOf({ pane: { user, tenant } }: { pane: UserPane }) {
  return (
    <span>
      <TenantLink id={user.tenant_id} name={tenant?.name ?? null} className="!inline-block max-w-full align-bottom text-accent" />
      {tenant?.plan ? (
        <span className="text-soft">
          {' '}
          · <Inert text={tenant.plan} />
        </span>
      ) : null}
    </span>
  )
}

/** Who opened it, for which ticket, and that nothing here changes anything until glass is broken (A11–A13). */
function Opened({ pane: { opened }, breaking }: { pane: UserPane; breaking: ActionName | undefined }) {
  return (
    <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-soft text-sm">
      <span>
        Opened by {opened.by.email} <Time at={opened.at} />
      </span>
      <span aria-hidden="true" className="text-faint">
        ·
      </span>
      <span>
        {opened.ticket ? (
          <>
            ticket <Ticket id={opened.ticket} />
          </>
        ) : (
          'no ticket'
        )}
      </span>
      <Tag>
        <Lock aria-hidden="true" className="size-3" /> read-only by default
      </Tag>
      {breaking ? (
        <Tag tone="red">
          <LockOpen aria-hidden="true" className="size-3" /> break-glass: {actionWords[breaking].title}
        </Tag>
      ) : null}
    </p>
  )
}
