import type { ActionRequest, ActionTarget, ListActionRequests, RequestAction } from '@countersign/contract/action-requests.ts'
import type { ActionName } from '@countersign/contract/actions.ts'
import type { AssertionResponse } from '@countersign/contract/passkeys.ts'
import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation } from '@tanstack/react-query'
import { get, post, withQuery } from './call.ts'
import { again, client } from './client.ts'
import { Failure } from './failure.ts'

const address = (id: string) => `/api/actions/${encodeURIComponent(id)}`
type View = ListActionRequests['view']

/** Every action on a target, with what it requires of me, nothing given. */
export const actionTableQuery = ({ kind, id }: ActionTarget) =>
  queryOptions({
    queryKey: ['actions', 'table', kind, id],
    queryFn: ({ signal }) => get(withQuery('/api/actions/catalogue', { kind, id }), 'ActionTable', signal),
    staleTime: 60_000,
  })

/** An attempt as it stands: what is empty or not yet well-formed is left out, and so is named among the unmet gates. */
export type Attempt = {
  action: ActionName
  target: ActionTarget
  reason?: string | undefined
  ticket?: string | undefined
  parameters?: { session_id?: string; scopes?: string[]; ttl_minutes?: number }
}

/** The dry run: the server's own word on which gates are met. Nothing is done. */
export const explainQuery = (attempt: Attempt) =>
  queryOptions({
    queryKey: ['actions', 'explain', attempt],
    queryFn: () => post('/api/actions/explain', attempt, 'Explanation'),
    placeholderData: keepPreviousData,
  })

export const requestsQuery = (view: View, targetId?: string) =>
  infiniteQueryOptions({
    queryKey: ['actions', 'list', view, targetId ?? null],
    queryFn: ({ pageParam, signal }) =>
      get(withQuery('/api/actions', { view, target_id: targetId, cursor: pageParam, limit: 50 }), 'ActionRequestPage', signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: 5_000,
  })

/** How many wait for an approval of mine, for the rail. */
export const waitingCountQuery = queryOptions({
  queryKey: ['actions', 'waiting'],
  queryFn: async ({ signal }) => (await get(withQuery('/api/actions', { view: 'waiting', limit: 1 }), 'ActionRequestPage', signal)).waiting,
  refetchInterval: 5_000,
})

const over: readonly ActionRequest['state'][] = ['done', 'failed', 'rejected', 'expired', 'cancelled', 'void']
export const isOver = ({ state }: ActionRequest): boolean => over.includes(state)

export const requestQuery = (id: string) =>
  queryOptions({
    queryKey: ['actions', 'one', id],
    queryFn: ({ signal }) => get(address(id), 'ActionRequest', signal),
    refetchInterval: again((request: ActionRequest | undefined) => (request && isOver(request) ? false : 2_000)),
  })

const refresh = () => client.invalidateQueries({ queryKey: ['actions'] })
const keep = (request: ActionRequest) => {
  client.setQueryData(requestQuery(request.id).queryKey, request)
  return refresh()
}

/** The rail counts requests on every page; what signs is fetched by whoever signs. */
const sign: typeof import('./passkeys.ts').sign = async (...args) => (await import('./passkeys.ts')).sign(...args)
const digestOf = async (signed: string): Promise<string> => (await import('./signed.ts')).digestOf(signed)

/** A signature of mine that is good for this very attempt alone. */
export const signAttempt = (attempt: Attempt): Promise<AssertionResponse> => sign('/api/actions/step-up/options', attempt)

type Try = Attempt & { key: string; needsSignature: boolean; ask_approval: RequestAction['ask_approval'] }

export const useRequestAction = () =>
  useMutation({
    mutationFn: async ({ key, needsSignature, ask_approval, ...attempt }: Try) => {
      const signature = needsSignature ? { step_up: await signAttempt(attempt) } : {}
      return post('/api/actions', { ...attempt, ask_approval, ...signature }, 'ActionRequest', { 'idempotency-key': key })
    },
    onSuccess: keep,
  })

/** Signs what is shown, or nothing: a challenge that is not the hash of these bytes is not passed on to the authenticator. */
const approve = async ({ request, isSigned }: { request: ActionRequest; isSigned: boolean }): Promise<ActionRequest> => {
  if (!isSigned) return post(`${address(request.id)}/approval`, {}, 'ActionRequest')
  const response = await sign(`${address(request.id)}/approval/options`, {}, async (challenge) => {
    if (challenge === (await digestOf(request.signed))) return
    throw new Failure({
      status: -1,
      code: 'signed_differs',
      title: 'The server asks for a signature over something that is not shown here.',
      hint: 'Do not approve it. Load the page again, and tell your administrator if this message comes back.',
    })
  })
  return post(`${address(request.id)}/approval`, { response }, 'ActionRequest')
}

type Done = (request: ActionRequest) => void
/** What is told of it is told here: the part of the page that asked may be gone with the state that it changed. */
const keepAnd = (onDone: Done) => (request: ActionRequest) => {
  onDone(request)
  return keep(request)
}

export const useApprove = (onDone: Done) => useMutation({ mutationFn: approve, onSuccess: keepAnd(onDone), onError: refresh })
export const useReject = (onDone: Done) =>
  useMutation({
    mutationFn: ({ id, reason }: { id: string; reason: string }) => post(`${address(id)}/rejection`, { reason }, 'ActionRequest'),
    onSuccess: keepAnd(onDone),
  })
export const useCancel = (onDone: Done) =>
  useMutation({ mutationFn: (id: string) => post(`${address(id)}/cancellation`, {}, 'ActionRequest'), onSuccess: keepAnd(onDone) })
export const useExecute = () =>
  useMutation({ mutationFn: (id: string) => post(`${address(id)}/execution`, {}, 'ActionRequest'), onSuccess: keep, onError: refresh })
