import type { LoggedEvent } from '@countersign/contract/events.ts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useRouter } from '@tanstack/react-router'
import { ScrollText } from 'lucide-react'
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react'
import { createPortal } from 'react-dom'
import { client } from '../../api/client.ts'
import { serverNow } from '../../api/clock.ts'
import { eventsQuery } from '../../api/events.ts'
import { paths } from '../../paths.ts'
import { Button } from '../../ui/Button.tsx'
import { Card } from '../../ui/Card.tsx'
import { formatDay, formatNumber } from '../../ui/format.ts'
import { FloatingPill, LivePill } from '../../ui/LivePill.tsx'
import { besideClass } from '../../ui/SidePanel.tsx'
import { Empty } from '../../ui/States.tsx'
import { Table } from '../../ui/Table.tsx'
import { columnsFor, narrowed, PhoneEvent } from './columns.tsx'
import { type Deed, foldDeeds, isOf } from './deeds.ts'
import { EventDetail } from './EventDetail.tsx'
import { type AuditSearch, toFilters } from './search.ts'
import { useHold } from './useHold.ts'
import { useLive } from './useLive.ts'

type Opened = { index: number | undefined; onOpen: (index: number | undefined) => void }
type Props = {
  search: AuditSearch
  /** Shows only the newest few, without a way to page on. */
  most?: number
  card?: { title: string; aside?: ReactNode }
  toolbar?: ReactNode
  /** Which event is open, where the address knows it. */
  opened?: Opened
  onFilter?: (change: AuditSearch) => void
}

/** Events that fit the filters, newest first, live. What is chosen opens at the side. */
export function EventList({ toolbar, ...props }: Props) {
  const [round, setRound] = useState(0)
  const again = useCallback(() => setRound((now) => now + 1), [])
  const [pillPlace, setPillPlace] = useState<HTMLElement | null>(null)
  const [index, setIndex] = useState<number | undefined>(undefined)
  const { event: _, ...filters } = props.search
  // The toolbar stands outside what begins anew with other filters, so that it keeps the focus.
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {props.card ? null : (
        <div className="flex flex-wrap items-start justify-end gap-2">
          {toolbar ? <div className="min-w-0 flex-1 max-md:basis-full">{toolbar}</div> : null}
          <span ref={setPillPlace} className="flex h-7 items-center" />
        </div>
      )}
      <Events
        key={`${round} ${JSON.stringify(filters)}`}
        opened={{ index, onOpen: setIndex }}
        onFull={again}
        pillPlace={pillPlace}
        {...props}
      />
    </div>
  )
}

/** How far back an event of the address is looked for. */
const mostPages = 10

type EventsProps = Omit<Props, 'toolbar'> & { opened: Opened; onFull: () => void; pillPlace: HTMLElement | null }

function Events({ search, most, card, opened, onFilter, onFull, pillPlace }: EventsProps) {
  // The span's beginning is fixed when it is chosen, so that the list and the stream ask the same.
  const [filters] = useState(() => toFilters(search, serverNow()))
  const navigate = useNavigate()
  const router = useRouter()
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

  const events = useMemo(() => [...arrived.slice(arrived.length - shown), ...(read ?? [])], [arrived, shown, read])
  const deeds = useMemo(() => foldDeeds(events).slice(0, most), [events, most])

  const deed = deeds.find((each) => isOf(each, opened.index))
  const chosen = deed?.events.find((event) => event.log_index === opened.index)
  const { onOpen } = opened
  const ways = useMemo(
    () => ({
      open: ({ head }: Deed) => onOpen(head.log_index),
      hrefOf: ({ head }: Deed) => router.buildLocation(paths.audit({ ...search, event: String(head.log_index) })).href,
    }),
    [onOpen, router, search],
  )
  const columns = useMemo(() => columnsFor(ways), [ways])
  const isOutOfReach = useReach(list, opened.index, chosen, events)

  const pill = <LivePill state={state} held={isHeld} waiting={waiting} onShow={showAll} words="· immutable" />
  const table = (
    <div className="min-w-0">
      <FloatingPill isScrolled={isScrolled} waiting={waiting} onShow={showAll} />
      <Table
        label="Events"
        columns={chosen ? narrowed(columns) : columns}
        rows={deeds}
        keyOf={({ key }) => key}
        phone={(each) => <PhoneEvent deed={each} />}
        phoneHeight={82}
        divide={({ head }) => formatDay(head.occurred_at)}
        onOpen={(each) => opened.onOpen(isOf(each, opened.index) ? undefined : each.head.log_index)}
        isChosen={(each) => isOf(each, opened.index)}
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
            Everything that is done or refused appears here within a second. Nothing is ever removed.
          </Empty>
        }
      />
    </div>
  )
  return (
    <div className={chosen ? besideClass : 'min-w-0'}>
      {isOutOfReach && opened.index !== undefined ? (
        <p role="status" className="flex items-center gap-2 pb-2 text-soft text-sm">
          Event #{formatNumber(opened.index)} does not match these filters, or is further back than what was loaded.
          <Button size="small" onClick={() => opened.onOpen(undefined)}>
            Dismiss
          </Button>
        </p>
      ) : null}
      {pillPlace ? createPortal(pill, pillPlace) : null}
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
      {deed && chosen ? (
        <EventDetail
          event={chosen}
          others={deed.events}
          onOpen={opened.onOpen}
          onClose={() => opened.onOpen(undefined)}
          onFilter={onFilter ?? ((change) => void navigate(paths.audit(change)))}
        />
      ) : null}
    </div>
  )
}

type List = { data: { pages: readonly unknown[] } | undefined; hasNextPage: boolean; isFetching: boolean; fetchNextPage: () => unknown }

/** Reads on until the event that the address names has been read. */
const useReach = (list: List, index: number | undefined, chosen: LoggedEvent | undefined, events: readonly LoggedEvent[]) => {
  const last = events.at(-1)
  const isBelow = index !== undefined && !chosen && last !== undefined && last.log_index > index
  const mustRead = isBelow && list.hasNextPage && !list.isFetching && (list.data?.pages.length ?? 0) < mostPages
  const { fetchNextPage } = list
  useEffect(() => {
    if (mustRead) void fetchNextPage()
  }, [mustRead, fetchNextPage])
  return index !== undefined && !chosen && list.data !== undefined && !list.isFetching && !mustRead
}
