import type { LoggedEvent } from '@countersign/contract/events.ts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { accessLogQuery } from '../../api/sessions.ts'
import { useLive } from '../audit/useLive.ts'
import { foldAccess } from '../sessions/fold.ts'

/** The newest requests of a session, and those that come; `onEvents` hears of everything that happens to it. */
export const useRecord = (sessionId: string, onEvents: (events: readonly LoggedEvent[]) => void) => {
  const list = useInfiniteQuery(accessLogQuery(sessionId))
  const read = useMemo(() => list.data?.pages.flatMap((page) => page.items), [list.data])
  const { state, arrived } = useLive({ session_id: sessionId }, read ? (read[0]?.log_index ?? 0) : undefined, onEvents)
  const rows = useMemo(() => read && foldAccess(read, arrived), [read, arrived])
  return { rows, error: list.error, live: state }
}
