import type { LoggedEvent } from '@countersign/contract/events.ts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { ScrollText } from 'lucide-react'
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react'
import { client } from '../../api/client.ts'
import { serverNow } from '../../api/clock.ts'
import { eventsQuery } from '../../api/events.ts'
import { paths } from '../../paths.ts'
import { Card } from '../../ui/Card.tsx'
import { formatDay } from '../../ui/format.ts'
import { FloatingPill, LivePill } from '../../ui/LivePill.tsx'
import { Empty } from '../../ui/States.tsx'
import { Table } from '../../ui/Table.tsx'
import { columns, narrowColumns, PhoneEvent } from './columns.tsx'
import { EventDetail } from './EventDetail.tsx'
import { type AuditSearch, toFilters } from './search.ts'
import { useHold } from './useHold.ts'
import { useLive } from './useLive.ts'

type Props = {
  search: AuditSearch
  /** Shows only the newest few, without a way to page on. */
  most?: number
  card?: { title: string; aside?: ReactNode }
  toolbar?: ReactNode
  onFilter?: (change: AuditSearch) => void
}

/** Events that fit the filters, newest first, live. What is chosen opens at the side. */
export function EventList(props: Props) {
  const [round, setRound] = useState(0)
  const again = useCallback(() => setRound((now) => now + 1), [])
  return <Events key={`${round} ${JSON.stringify(props.search)}`} onFull={again} {...props} />
}

function Events({ search, most, card, toolbar, onFilter, onFull }: Props & { onFull: () => void }) {
  // The span's beginning is fixed when it is chosen, so that the list and the stream ask the same.
  const [filters] = useState(() => toFilters(search, serverNow()))
  const [chosen, setChosen] = useState<LoggedEvent | null>(null)
  const navigate = useNavigate()
  const list = useInfiniteQuery(eventsQuery(filters))
  const read = useMemo(() => list.data?.pages.flatMap((page) => page.items), [list.data])
  const newest = read ? (read[0]?.log_index ?? 0) : undefined
  const { state, arrived } = useLive(filters, newest)
  const { isHeld, isScrolled, isFull, shown, waiting, onHold, showAll } = useHold(arrived.length)
  useEffect(() => {
    if (!isFull) return
    client.removeQueries({ queryKey: eventsQuery(filters).queryKey })
    onFull()
  }, [isFull, filters, onFull])

  const events = useMemo(() => {
    const all = [...arrived.slice(arrived.length - shown), ...(read ?? [])]
    return most === undefined ? all : all.slice(0, most)
  }, [arrived, shown, read, most])

  const pill = <LivePill state={state} held={isHeld} waiting={waiting} onShow={showAll} words="· immutable" />
  const table = (
    <div className="min-w-0">
      <FloatingPill isScrolled={isScrolled} waiting={waiting} onShow={showAll} />
      <Table
        label="Events"
        columns={chosen ? narrowColumns : columns}
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
  )
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {card ? null : (
        <div className="flex flex-wrap items-start justify-end gap-2">
          {toolbar ? <div className="min-w-0 flex-1 max-md:basis-full">{toolbar}</div> : null}
          <span className="flex h-7 items-center">{pill}</span>
        </div>
      )}
      <div className={chosen ? 'grid items-start lg:grid-cols-[minmax(0,1fr)_400px] lg:gap-4' : 'min-w-0'}>
        {card ? (
          <Card
            title={card.title}
            flush
            aside={
              <span className="flex items-center gap-3">
                {card.aside}
                {pill}
              </span>
            }
          >
            {table}
          </Card>
        ) : (
          table
        )}
        {chosen ? (
          <EventDetail
            event={chosen}
            onClose={() => setChosen(null)}
            onFilter={onFilter ?? ((change) => void navigate(paths.audit(change)))}
          />
        ) : null}
      </div>
    </div>
  )
}
