import type { Receipt } from '@countersign/contract/receipts.ts'
import type { CreatedSession, CreateSession, ListSessions, Session } from '@countersign/contract/sessions.ts'
import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation } from '@tanstack/react-query'
import { type Attempt, signAttempt } from './actions.ts'
import { get, post, postSilent, withQuery } from './call.ts'
import { again, client } from './client.ts'

const address = (id: string) => `/api/sessions/${encodeURIComponent(id)}`
export type SessionFilters = Partial<Pick<ListSessions, 'status' | 'tenant_id' | 'staff_id'>>

export const scopesQuery = queryOptions({
  queryKey: ['scopes'],
  queryFn: ({ signal }) => get('/api/scopes', 'ScopeCatalogue', signal),
  staleTime: 300_000,
})

export const sessionsQuery = (filters: SessionFilters) =>
  infiniteQueryOptions({
    queryKey: ['sessions', 'list', filters],
    queryFn: ({ pageParam, signal }) =>
      get(withQuery('/api/sessions', { ...filters, cursor: pageParam, limit: 100 }), 'SessionPage', signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: 5_000,
  })

/** How many are active, for the rail. */
export const sessionCountersQuery = queryOptions({
  queryKey: ['sessions', 'counters'],
  queryFn: async ({ signal }) => (await get(withQuery('/api/sessions', { limit: 1 }), 'SessionPage', signal)).counters,
  refetchInterval: 5_000,
})

export const mySessionsQuery = (staffId: string) =>
  queryOptions({
    queryKey: ['sessions', 'mine', staffId],
    queryFn: async ({ signal }) =>
      (await get(withQuery('/api/sessions', { status: 'ACTIVE', staff_id: staffId, limit: 20 }), 'SessionPage', signal)).items,
    refetchInterval: 10_000,
  })

/** Reasons that I gave of late, for sessions and for actions. */
export const myReasonsQuery = (staffId: string) =>
  queryOptions({
    queryKey: ['sessions', 'reasons', staffId],
    queryFn: async ({ signal }) => {
      const [sessions, requests] = await Promise.all([
        get(withQuery('/api/sessions', { staff_id: staffId, limit: 50 }), 'SessionPage', signal),
        get(withQuery('/api/actions', { view: 'mine', limit: 50 }), 'ActionRequestPage', signal),
      ])
      return [
        ...sessions.items.map(({ reason, ticket, issued_at: at }) => ({ reason, ticket, at })),
        ...requests.items.map(({ reason, ticket, created_at: at }) => ({ reason, ticket, at })),
      ]
    },
  })

export const sessionQuery = (id: string) =>
  queryOptions({
    queryKey: ['sessions', 'one', id],
    queryFn: ({ signal }) => get(address(id), 'Session', signal),
    refetchInterval: again((session: Session | undefined) => (session?.status === 'ACTIVE' ? 10_000 : false)),
  })

export const receiptQuery = ({ id, status }: Session) =>
  queryOptions({
    queryKey: ['sessions', 'receipt', id, status],
    queryFn: ({ signal }) => get(`${address(id)}/receipt`, 'Receipt', signal),
    refetchInterval: again((receipt: Receipt | undefined) => (receipt?.is_complete ? false : 5_000)),
  })

export const accessLogQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['access-log', id],
    queryFn: ({ pageParam, signal }) =>
      get(withQuery(`${address(id)}/access-log`, { cursor: pageParam, limit: 100 }), 'AccessLogPage', signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })

const refresh = () => client.invalidateQueries({ queryKey: ['sessions'] })

/** A session on one user is an impersonation; any other one opens the tenant. */
export const attemptOf = ({ tenant_id, target_user_id, reason, ticket, scopes, ttl_minutes }: CreateSession): Attempt => ({
  action: target_user_id === undefined ? 'open_session' : 'impersonate',
  target: target_user_id === undefined ? { kind: 'tenant', id: tenant_id } : { kind: 'user', id: target_user_id },
  reason,
  ...(ticket === undefined ? {} : { ticket }),
  parameters: { scopes, ttl_minutes },
})

type OpenCall = { input: CreateSession; needsSignature: boolean; ask_approval: boolean }

export const useCreateSession = () =>
  useMutation({
    mutationFn: async ({ input, needsSignature, ask_approval }: OpenCall) => {
      const signature = needsSignature ? { step_up: await signAttempt(attemptOf(input)) } : {}
      return post('/api/sessions', { ...input, ...(ask_approval ? { ask_approval } : {}), ...signature }, 'CreatedOrRequest')
    },
    onSuccess: refresh,
  })

/** The token of an approved session is made when it is claimed. */
export const useClaimSession = (onCreated: (created: CreatedSession) => void) =>
  useMutation({
    mutationFn: (request_id: string) => post('/api/sessions', { request_id }, 'CreatedSession'),
    onSuccess: (created) => {
      onCreated(created)
      return Promise.all([refresh(), client.invalidateQueries({ queryKey: ['actions'] })])
    },
  })

/** Says that the tenant's health answered the question (M13). */
export const avoidSession = (tenant_id: string): Promise<void> => postSilent('/api/sessions/avoided', { tenant_id })

/** A session on one user is extended as an impersonation. */
export const extensionOf = (
  session: Pick<Session, 'id' | 'tenant_id' | 'target_user_id'>,
  { minutes, reason, ticket }: { minutes: number; reason: string; ticket: string },
): Attempt => ({
  action: session.target_user_id === null ? 'extend_session' : 'extend_impersonation',
  target: session.target_user_id === null ? { kind: 'tenant', id: session.tenant_id } : { kind: 'user', id: session.target_user_id },
  reason,
  ticket,
  parameters: { session_id: session.id, ttl_minutes: minutes },
})

const keep = (session: Session) => {
  client.setQueryData(sessionQuery(session.id).queryKey, session)
  return refresh()
}

type ExtendCall = { session: Session; attempt: Attempt; minutes: number; needsSignature: boolean; ask_approval: boolean }

export const useExtendSession = () =>
  useMutation({
    mutationFn: async ({ session, attempt, minutes, needsSignature, ask_approval }: ExtendCall) => {
      const signature = needsSignature ? { step_up: await signAttempt(attempt) } : {}
      const { reason, ticket } = attempt
      const body = { minutes, reason, ...(ticket === undefined ? {} : { ticket }), ask_approval, ...signature }
      return post(`${address(session.id)}/extension`, body, 'SessionOrRequest')
    },
    onSuccess: (answer) => ('requester' in answer ? client.invalidateQueries({ queryKey: ['actions'] }) : keep(answer)),
  })

export const useStay = () =>
  useMutation({ mutationFn: (id: string) => post(`${address(id)}/stay`, {}, 'Session'), onSuccess: keep, onError: refresh })

export const useAddTicket = () =>
  useMutation({
    mutationFn: ({ id, ticket }: { id: string; ticket: string }) => post(`${address(id)}/ticket`, { ticket }, 'Session'),
    onSuccess: keep,
  })

export const useRevokeSession = () =>
  useMutation({
    mutationFn: ({ id, reason }: { id: string; reason: string | undefined }) =>
      post(`${address(id)}/revocation`, reason ? { reason } : {}, 'Session'),
    onSuccess: (session) => {
      client.setQueryData(sessionQuery(session.id).queryKey, session)
      return refresh()
    },
  })
