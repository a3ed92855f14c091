import type { ActionRequest } from '@countersign/contract/action-requests.ts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { FileSignature } from 'lucide-react'
import { useMemo } from 'react'
import { isOver, requestsQuery } from '../../api/actions.ts'
import { canApprove, useMe } from '../../api/me.ts'
import { type ApprovalsTab, approvalsTabs, paths } from '../../paths.ts'
import { RequestBadge, RiskBadge } from '../../ui/Badge.tsx'
import { Inert, InertLine, inertLine } from '../../ui/Inert.tsx'
import { Page } from '../../ui/Page.tsx'
import { Person } from '../../ui/Person.tsx'
import { Empty } from '../../ui/States.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { Tabs } from '../../ui/Tabs.tsx'
import { Ticket } from '../../ui/Ticket.tsx'
import { Time } from '../../ui/Time.tsx'
import { actionWords, stateWords } from '../actions/words.ts'

const none = <span className="text-faint">–</span>

const columns: readonly Column<ActionRequest>[] = [
  {
    id: 'what',
    header: 'What and why',
    cell: (request) => (
      <span className="flex min-w-0 flex-col gap-0.5">
        <span className="flex min-w-0 items-center gap-2">
          <Link {...paths.approval(request.id)} className="min-w-0 truncate font-medium hover:text-accent">
            {actionWords[request.action].title}
          </Link>
          <RiskBadge risk={request.risk} />
        </span>
        <InertLine text={request.reason} className="text-soft text-xs" />
      </span>
    ),
  },
  {
    id: 'whom',
    header: 'Target',
    width: '21%',
    cell: (request) => (
      <span className="flex min-w-0 flex-col gap-0.5">
        <InertLine text={request.target.label} />
        <InertLine text={request.tenant_name ?? request.tenant_id} className="text-soft text-xs" />
      </span>
    ),
  },
  { id: 'who', header: 'Requester', width: '20%', cell: (request) => <Person email={request.requester.email} kind="staff" /> },
  {
    id: 'ticket',
    header: 'Ticket',
    width: '112px',
    from: 'lg',
    cell: (request) => (request.ticket ? <Ticket id={request.ticket} /> : none),
  },
  { id: 'age', header: 'Age', width: '88px', from: 'lg', cell: (request) => <Time at={request.created_at} className="text-soft" /> },
  {
    id: 'state',
    header: 'State',
    width: '150px',
    cell: (request) => <RequestBadge state={request.state}>{stateWords[request.state]}</RequestBadge>,
  },
  {
    id: 'expires',
    header: 'Expires',
    width: '96px',
    end: true,
    cell: (request) => (isOver(request) ? none : <Time at={request.expires_at} className="text-soft" />),
  },
]

/** What a tab says by itself is no column of it. */
const saidByTab: Record<ApprovalsTab, readonly string[]> = { waiting: ['state'], mine: ['who'], decided: ['expires'] }
const columnsOf = (tab: ApprovalsTab) => columns.filter(({ id }) => !saidByTab[tab].includes(id))

function PhoneRequest({ request }: { request: ActionRequest }) {
  return (
    <span className="flex min-w-0 flex-col gap-1">
      <span className="flex min-w-0 items-center gap-2">
        <Link {...paths.approval(request.id)} className="min-w-0 truncate font-medium">
          {actionWords[request.action].title}
        </Link>
        <RiskBadge risk={request.risk} />
        <span className="ml-auto">
          <RequestBadge state={request.state}>{stateWords[request.state]}</RequestBadge>
        </span>
      </span>
      <Inert text={request.target.label} className={inertLine} />
      <Inert text={request.reason} className={`${inertLine} text-faint text-xs`} />
      <span className="flex min-w-0 items-center gap-2 text-soft text-xs">
        <span className="min-w-0 truncate">{request.requester.email}</span>
        {request.ticket ? (
          <span className="max-w-28 shrink-0">
            <Ticket id={request.ticket} />
          </span>
        ) : null}
        <span className="ml-auto shrink-0">
          <Time at={request.created_at} />
        </span>
      </span>
    </span>
  )
}

const tabWords: Record<ApprovalsTab, string> = { waiting: 'Waiting for me', mine: 'Mine', decided: 'Decided' }
const emptyWords: Record<ApprovalsTab, { title: string; words: string }> = {
  waiting: {
    title: 'Nothing waits for you',
    words: 'Other people’s requests that need your approval appear here at once. You cannot approve your own.',
  },
  mine: {
    title: 'You have no requests',
    words: 'Every action that you request or carry out appears here, with its outcome.',
  },
  decided: { title: 'Nothing has been decided yet', words: 'Requests that were approved or rejected, or that have expired, appear here.' },
}

export function ApprovalsPage() {
  const isApprover = canApprove(useMe())
  const { tab = isApprover ? 'waiting' : 'mine' } = useSearch({ from: '/shell/approvals' })
  const navigate = useNavigate({ from: '/approvals' })
  const tabs = approvalsTabs.filter((id) => isApprover || id !== 'waiting')
  return (
    <Page title="Approvals">
      <Tabs
        label="Show requests"
        chosen={tab}
        onChoose={(id) => void navigate({ search: { tab: id }, replace: true })}
        tabs={tabs.map((id) => ({ id, label: tabWords[id] }))}
      >
        <Requests key={tab} tab={tab} />
      </Tabs>
    </Page>
  )
}

function Requests({ tab }: { tab: ApprovalsTab }) {
  const navigate = useNavigate()
  const list = useInfiniteQuery(requestsQuery(tab))
  const shown = useMemo(() => columnsOf(tab), [tab])
  const pages = list.data?.pages
  const requests = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages])
  return (
    <Table
      label="Requests"
      columns={shown}
      rows={requests}
      keyOf={(request) => request.id}
      twoLines
      phone={(request) => <PhoneRequest request={request} />}
      phoneHeight={104}
      onOpen={(request) => void navigate(paths.approval(request.id))}
      isLoading={list.isPending}
      error={list.error}
      readAt={list.dataUpdatedAt}
      onRetry={() => void list.refetch()}
      more={{ has: list.hasNextPage, isLoading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
      empty={
        <Empty icon={FileSignature} title={emptyWords[tab].title}>
          {emptyWords[tab].words}
        </Empty>
      }
    />
  )
}
