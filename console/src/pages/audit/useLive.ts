import type { EventFilters, LoggedEvent } from '@countersign/contract/events.ts'
import { useEffect, useEffectEvent, useState } from 'react'
import { followEvents, type StreamState } from '../../api/stream.ts'

const gatherMs = 120

/** Events that arrive after a known index, newest first. Bursts are gathered, so that the page is drawn once for many. */
export const useLive = (filters: EventFilters, after: number | undefined, onArrival?: (events: readonly LoggedEvent[]) => void) => {
  const [state, setState] = useState<StreamState>('connecting')
  const [arrived, setArrived] = useState<readonly LoggedEvent[]>([])
  const told = useEffectEvent((events: readonly LoggedEvent[]) => onArrival?.(events))
  const key = JSON.stringify(filters)
  const isReady = after !== undefined
  const begin = useEffectEvent(() => after ?? 0)

  useEffect(() => {
    if (!isReady) return
    setArrived([])
    let gathered: LoggedEvent[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    const flush = () => {
      timer = undefined
      const fresh = gathered.reverse()
      gathered = []
      setArrived((now) => [...fresh, ...now])
      told(fresh)
    }
    const stop = followEvents(JSON.parse(key) as EventFilters, begin(), {
      onState: setState,
      onEvent: (event) => {
        gathered.push(event)
        timer ??= setTimeout(flush, gatherMs)
      },
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [key, isReady])

  return { state, arrived }
}
