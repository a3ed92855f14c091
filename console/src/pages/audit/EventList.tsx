import type { LoggedEvent } from '@countersign/contract/events.ts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { ScrollText } from 'lucide-react'
import { useMemo, useState } from 'react'
import { serverNow } from '../../api/clock.ts'
import { eventsQuery } from '../../api/events.ts'
import { paths } from '../../paths.ts'
import { formatDay } from '../../ui/format.ts'
import { LivePill } from '../../ui/LivePill.tsx'
import { Empty } from '../../ui/States.tsx'
import { Table } from '../../ui/Table.tsx'
import { columns, PhoneEvent } from './columns.tsx'
import { EventDetail } from './EventDetail.tsx'
import { type AuditSearch, toFilters } from './search.ts'
import { useHold } from './useHold.ts'
import { useLive } from './useLive.ts'

type Props = {
  search: AuditSearch
  /** Shows only the newest few, without a way to page on. */
  most?: number
  isInCard?: boolean
  onFilter?: (change: AuditSearch) => void
  onSeen?: (events: readonly LoggedEvent[]) => void
}

/** Events that fit the filters, newest first, live. What is chosen opens at the side. */
export function EventList({ search, ...rest }: Props) {
  return <Events key={JSON.stringify(search)} search={search} {...rest} />
}

function Events({ search, most, isInCard = false, onFilter }: Props) {
  // The span's beginning is fixed when it is chosen, so that the list and the stream ask the same.
  const [filters] = useState(() => toFilters(search, serverNow()))
  const [chosen, setChosen] = useState<LoggedEvent | null>(null)
  const navigate = useNavigate()
  const list = useInfiniteQuery(eventsQuery(filters))
  const read = useMemo(() => list.data?.pages.flatMap((page) => page.items), [list.data])
  const newest = read ? (read[0]?.log_index ?? 0) : undefined
  const { state, arrived } = useLive(filters, newest)
  const { isHeld, shown, waiting, onHold, showAll } = useHold(arrived.length)

  const events = useMemo(() => {
    const all = [...arrived.slice(arrived.length - shown), ...(read ?? [])]
    return most === undefined ? all : all.slice(0, most)
  }, [arrived, shown, read, most])
  const filter = onFilter ?? ((change: AuditSearch) => void navigate(paths.audit(change)))

  const pill = <LivePill state={state} held={isHeld} waiting={waiting} onShow={showAll} words="· immutable" />
  return (
    <div className={chosen ? 'grid items-start lg:grid-cols-[minmax(0,1fr)_400px] lg:gap-4' : 'min-w-0'}>
      <div className="min-w-0">
        <div className={isInCard ? 'flex justify-end border-line border-b px-3 py-1.5' : 'flex justify-end pb-2'}>{pill}</div>
        <Table
          label="Events"
          columns={columns}
          rows={events}
          keyOf={(event) => String(event.log_index)}
          phone={(event) => <PhoneEvent event={event} />}
          phoneHeight={82}
          divide={(event) => formatDay(event.occurred_at)}
          onOpen={(event) => setChosen((now) => (now?.log_index === event.log_index ? null : event))}
          isChosen={(event) => event.log_index === chosen?.log_index}
          isLoading={list.isPending}
          error={list.error}
          onRetry={() => void list.refetch()}
          more={
            most === undefined
              ? { has: list.hasNextPage, isLoading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }
              : undefined
          }
          onHold={onHold}
          empty={
            <Empty icon={ScrollText} title="No events of this kind">
              What is done here, and what is refused, appears by itself within a second. Nothing is ever removed.
            </Empty>
          }
        />
      </div>
      {chosen ? <EventDetail event={chosen} onClose={() => setChosen(null)} onFilter={filter} /> : null}
    </div>
  )
}
