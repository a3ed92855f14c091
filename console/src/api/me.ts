import type { Me } from '@countersign/contract/staff.ts'
import { approverRoles, auditRoles, consoleRoles, paneRoles, type Role, sessionReadRoles } from '@countersign/contract/vocabulary.ts'
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query'
import { get } from './call.ts'
import { setServerNow } from './clock.ts'

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }) => {
    const me = await get('/api/me', 'Me', signal)
    setServerNow(me.now)
    return me
  },
  refetchInterval: 30_000,
  refetchIntervalInBackground: true,
})

export const signInOptionsQuery = queryOptions({
  queryKey: ['sign-in', 'options'],
  queryFn: ({ signal }) => get('/api/sign-in/options', 'SignInOptions', signal),
})

export const logQuery = queryOptions({
  queryKey: ['log'],
  queryFn: ({ signal }) => get('/api/log', 'LogStatus', signal),
  refetchInterval: 5_000,
})

export const useMe = (): Me => useSuspenseQuery(meQuery).data

const hasAny = (held: readonly Role[], wanted: readonly Role[]) => wanted.some((role) => held.includes(role))
export const canUseConsole = (me: Me) => hasAny(me.staff.roles, consoleRoles)
export const canReadSessions = (me: Me) => hasAny(me.staff.roles, sessionReadRoles)
export const canReadAudit = (me: Me) => hasAny(me.staff.roles, auditRoles)
export const canApprove = (me: Me) => hasAny(me.staff.roles, approverRoles)
export const canOpenPane = (me: Me) => hasAny(me.staff.roles, paneRoles)
