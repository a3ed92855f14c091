import type { LoggedEvent } from '@countersign/contract/events.ts'
import type { AccessLogRow, Session } from '@countersign/contract/sessions.ts'
import { useInfiniteQuery } from '@tanstack/react-query'
import clsx from 'clsx'
import { Waypoints } from 'lucide-react'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { client } from '../../api/client.ts'
import { accessLogQuery } from '../../api/sessions.ts'
import { OutcomeWord } from '../../ui/Badge.tsx'
import { formatDay, formatDuration, plural } from '../../ui/format.ts'
import { IdChip } from '../../ui/IdChip.tsx'
import { Inert } from '../../ui/Inert.tsx'
import { FloatingPill, LivePill } from '../../ui/LivePill.tsx'
import { besideClass } from '../../ui/SidePanel.tsx'
import { Empty } from '../../ui/States.tsx'
import { type Column, Table } from '../../ui/Table.tsx'
import { TimeOfDay } from '../../ui/Time.tsx'
import { useHold } from '../audit/useHold.ts'
import { useLive } from '../audit/useLive.ts'
import { foldAccess } from './fold.ts'
import { RequestDetail } from './RequestDetail.tsx'
import { statusTone } from './statusTone.ts'

function Status({ row }: { row: AccessLogRow }) {
  if (row.status === null) return <span className="text-faint">–</span>
  return <span className={clsx('font-medium nums', statusTone(row.status))}>{row.status}</span>
}

function OutcomeCell({ row }: { row: AccessLogRow }) {
  return (
    <span data-tip={row.code ?? undefined} data-cut className="flex min-w-0 items-baseline gap-2">
      <OutcomeWord outcome={row.outcome} />
      {row.code ? <span className="id min-w-0 truncate text-faint">{row.code}</span> : null}
    </span>
  )
}

function Path({ row: { path, files } }: { row: AccessLogRow }) {
  return (
    <span data-tip={path ?? undefined} data-cut className="id block truncate">
      {files && files.length > 1 ? <span className="font-sans text-soft">{plural(files.length, 'file')} · </span> : null}
      <Inert text={path} />
    </span>
  )
}

const columns: readonly Column<AccessLogRow>[] = [
  { id: 'time', header: 'Time', width: '84px', cell: (row) => <TimeOfDay at={row.at} /> },
  { id: 'method', header: 'Method', width: '76px', cell: (row) => <span className="id font-medium">{row.method}</span> },
  { id: 'path', header: 'Path', cell: (row) => <Path row={row} /> },
  {
    id: 'scope',
    header: 'Scope',
    width: '140px',
    from: 'xl',
    cell: (row) => (row.scope ? <span className="id block truncate text-soft">{row.scope}</span> : <span className="text-faint">–</span>),
  },
  { id: 'status', header: 'Status', width: '70px', cell: (row) => <Status row={row} /> },
  { id: 'outcome', header: 'Outcome', width: '220px', cell: (row) => <OutcomeCell row={row} /> },
  {
    id: 'request',
    header: 'Request id',
    width: '152px',
    from: 'lg',
    cell: (row) => <IdChip id={row.request_id} what="request id" className="text-soft" />,
  },
  {
    id: 'duration',
    header: 'Duration',
    width: '88px',
    end: true,
    cell: (row) =>
      row.duration_ms === null ? (
        <span className="text-faint">–</span>
      ) : (
        <span className="text-soft nums">{formatDuration(row.duration_ms)}</span>
      ),
  },
]

/** Beside an open request, which says the rest. */
const narrowColumns = columns.filter(({ id }) => id !== 'scope' && id !== 'request')

function PhoneRow({ row }: { row: AccessLogRow }) {
  return (
    <span className="flex min-w-0 flex-col gap-1">
      <span className="flex min-w-0 items-baseline gap-2">
        <span className="id font-medium">{row.method}</span>
        <span className="min-w-0 flex-1">
          <Path row={row} />
        </span>
        <Status row={row} />
      </span>
      <span className="flex min-w-0 items-baseline gap-2 text-xs">
        <TimeOfDay at={row.at} />
        <span className="min-w-0 flex-1">
          <OutcomeCell row={row} />
        </span>
        {row.duration_ms === null ? null : <span className="text-faint nums">{formatDuration(row.duration_ms)}</span>}
      </span>
      <span className="flex min-w-0 text-xs">
        <IdChip id={row.request_id} what="request id" className="text-faint" />
      </span>
    </span>
  )
}

/** The session has changed: its page and the lists say so at once. */
const onArrival = (events: readonly LoggedEvent[]) => {
  if (events.some((event) => !/^SUPPORT_SESSION\.(?:REQUEST|ASSET)\./.test(event.action)))
    void client.invalidateQueries({ queryKey: ['sessions'] })
}

/** Every request of the session, refused ones too, live (C44). */
export function AccessLog({ session }: { session: Session }) {
  const [round, setRound] = useState(0)
  const again = useCallback(() => setRound((now) => now + 1), [])
  return <Requests key={`${round} ${session.id}`} session={session} onFull={again} />
}

function Requests({ session, onFull }: { session: Session; onFull: () => void }) {
  const list = useInfiniteQuery(accessLogQuery(session.id))
  const read = useMemo(() => list.data?.pages.flatMap((page) => page.items), [list.data])
  const newest = read ? (read[0]?.log_index ?? 0) : undefined
  const { state, arrived } = useLive({ session_id: session.id }, newest, onArrival)
  const { isHeld, isScrolled, isFull, shown, onHold, showAll } = useHold(arrived.length)
  useEffect(() => {
    if (!isFull) return
    client.removeQueries({ queryKey: accessLogQuery(session.id).queryKey })
    onFull()
  }, [isFull, session.id, onFull])
  const rows = useMemo(() => foldAccess(read ?? [], arrived.slice(arrived.length - shown)), [read, arrived, shown])
  // Events of the session that are no request make no row, and two make one.
  const waiting = useMemo(() => foldAccess([], arrived.slice(0, arrived.length - shown)).length, [arrived, shown])
  const [openedId, setOpenedId] = useState<string | null>(null)
  const opened = openedId === null ? undefined : rows.find((row) => row.request_id === openedId)
  const close = useCallback(() => setOpenedId(null), [])
  return (
    <div className={opened ? besideClass : 'min-w-0'}>
      <div className="min-w-0">
        <div className="flex items-center justify-end gap-3 pb-2">
          <LivePill state={state} held={isHeld} waiting={waiting} onShow={showAll} noun="new request" words="· every request" />
        </div>
        <FloatingPill isScrolled={isScrolled} waiting={waiting} onShow={showAll} noun="new request" />
        <Table
          label="Access Logs"
          columns={opened ? narrowColumns : columns}
          rows={rows}
          keyOf={(row) => row.request_id}
          phone={(row) => <PhoneRow row={row} />}
          phoneHeight={98}
          onOpen={(row) => setOpenedId((now) => (now === row.request_id ? null : row.request_id))}
          isChosen={(row) => row.request_id === openedId}
          divide={(row) => formatDay(row.at)}
          isLoading={list.isPending}
          error={list.error}
          onRetry={() => void list.refetch()}
          more={{ has: list.hasNextPage, isLoading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
          onHold={onHold}
          empty={
            <Empty icon={Waypoints} title={session.status === 'ACTIVE' ? 'No requests yet' : 'No requests were made'}>
              {session.status === 'ACTIVE'
                ? 'Each request with the token appears here as it is made, refused ones too.'
                : 'The session ended without being used.'}
            </Empty>
          }
        />
      </div>
      {opened ? <RequestDetail row={opened} sessionId={session.id} onClose={close} /> : null}
    </div>
  )
}
