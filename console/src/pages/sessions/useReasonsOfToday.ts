import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { serverNow } from '../../api/clock.ts'
import { useMe } from '../../api/me.ts'
import { myReasonsQuery } from '../../api/sessions.ts'
import { formatDay } from '../../ui/format.ts'
import { useZone } from '../../ui/zone.ts'
import { reasonsOfToday } from './reasons.ts'

/** What I have given as a reason today, as the server has it: nothing is kept in the browser. */
export const useReasonsOfToday = () => {
  const { data } = useQuery(myReasonsQuery(useMe().staff.id))
  const zone = useZone()
  return useMemo(() => reasonsOfToday(data ?? [], (at) => formatDay(at, zone) === formatDay(serverNow(), zone)), [data, zone])
}
