import type { Session } from '@countersign/contract/sessions.ts'
import type { Me } from '@countersign/contract/staff.ts'
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { client } from '../../api/client.ts'
import { useNow } from '../../api/clock.ts'
import { canUseConsole } from '../../api/me.ts'
import { mySessionsQuery } from '../../api/sessions.ts'
import { secondsLeft } from '../../ui/Countdown.tsx'
import { nearestLimit } from '../sessions/limits.ts'

export const nameOf = (session: Session) => session.tenant_name ?? session.tenant_id

const none: readonly Session[] = []

/** My open sessions that may be used, the one that ends first before the others. The list is read again when one of them has run out. */
export const useMyOpenSessions = (me: Me): readonly Session[] => {
  const { data: sessions = none } = useQuery({ ...mySessionsQuery(me.staff.id), enabled: canUseConsole(me) })
  const now = useNow(1)
  const usable = sessions.filter(({ standing }) => standing === 'usable')
  const open = usable
    .filter((session) => secondsLeft(nearestLimit(session).at, now) > 0)
    .sort((a, b) => Date.parse(nearestLimit(a).at) - Date.parse(nearestLimit(b).at))
  const hasEnded = open.length < usable.length
  useEffect(() => {
    if (hasEnded) void client.invalidateQueries({ queryKey: ['sessions'] })
  }, [hasEnded])
  return open
}
