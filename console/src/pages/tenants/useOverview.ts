import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useMemo, useState } from 'react'
import { client } from '../../api/client.ts'
import { type OverviewFilters, overviewNowQuery, overviewQuery } from '../../api/health.ts'
import type { StreamState } from '../../api/stream.ts'
import { scrollToTop, useHeld } from '../../ui/useHeld.ts'
import { countChanges, isInPlace } from './changes.ts'

const gatherMs = 400
/** What follows the tenants is fetched once they are there: the first page does not wait for it. */
const beginMs = 300
const afreshMs = 5_000
/** Time passes where nothing happens: a call of a day ago leaves the last 24 hours. */
const againMs = 60_000
/** Pages that are read again when something has changed; those below them are when they are scrolled to. */
const freshPages = 2

/**
 * The tenants that fit, live. While somebody reads, rows keep their places: what would move one waits, and is counted. Cards and
 * rows are always of one answer.
 */
export const useOverview = (filters: OverviewFilters) => {
  const options = overviewQuery(filters)
  const list = useInfiniteQuery(options)
  const { isHeld, isScrolled, onHold } = useHeld()
  const [state, setState] = useState<StreamState>('connecting')
  const [waiting, setWaiting] = useState(0)
  const key = JSON.stringify(filters)

  const { refetch } = list
  const refresh = () => {
    setWaiting(0)
    client.setQueryData(options.queryKey, (now) =>
      now ? { pages: now.pages.slice(0, freshPages), pageParams: now.pageParams.slice(0, freshPages) } : now,
    )
    void refetch()
  }

  const look = async () => {
    const fresh = await client.fetchQuery(overviewNowQuery(filters)).catch(() => undefined)
    const shown = client.getQueryData(options.queryKey)?.pages[0]
    if (!fresh || !shown) return
    if (!isInPlace(shown.items, fresh.items)) return setWaiting(countChanges(shown.items, fresh.items))
    setWaiting(0)
    client.setQueryData(options.queryKey, (now) => now && { ...now, pages: [fresh, ...now.pages.slice(1)] })
  }

  const onChange = useEffectEvent(() => (isHeld ? void look() : refresh()))
  const isRead = list.data !== undefined
  useEffect(() => {
    if (!isRead) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const gather = () => {
      timer ??= setTimeout(() => {
        timer = undefined
        onChange()
      }, gatherMs)
    }
    let stop: () => void = () => {}
    let isOver = false
    const begin = async () => {
      const { followOverview } = await import('../../api/stream.ts')
      if (!isOver) stop = followOverview(gather, setState)
    }
    let beginning: ReturnType<typeof setTimeout>
    // What cannot be fetched is fetched again: the page must not stay without its stream for that.
    const beginIn = (ms: number) => {
      beginning = setTimeout(
        () =>
          void begin().catch(() => {
            setState('lost')
            if (!isOver) beginIn(afreshMs)
          }),
        ms,
      )
    }
    beginIn(beginMs)
    const again = setInterval(gather, againMs)
    return () => {
      isOver = true
      stop()
      clearTimeout(beginning)
      clearTimeout(timer)
      clearInterval(again)
    }
  }, [isRead])

  // Nobody reads any more, or something else: nothing has to wait.
  const onRelease = useEffectEvent(() => {
    if (waiting > 0) refresh()
  })
  useEffect(() => {
    if (!isHeld) onRelease()
  }, [isHeld])
  // biome-ignore lint/correctness/useExhaustiveDependencies: other filters are another list, of which nothing waits
  useEffect(() => setWaiting(0), [key])

  const pages = list.data?.pages
  const rows = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages])
  const showAll = () => {
    refresh()
    scrollToTop()
  }
  return { list, first: pages?.[0], rows, live: { state, isHeld, isScrolled, onHold, waiting, showAll } }
}
