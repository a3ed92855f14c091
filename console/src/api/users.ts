import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { get, withQuery } from './call.ts'

export const mostUsers = 30

/** Each search is recorded: the same words are not sent twice in a row. */
export const userSearchQuery = (query: string, limit = mostUsers) =>
  queryOptions({
    queryKey: ['users', 'search', query, limit],
    queryFn: ({ signal }) => get(withQuery('/api/users', { query, limit }), 'FoundUsers', signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  })

/** Opening the pane is an event that carries the ticket (A13): once per visit. */
export const userPaneQuery = (id: string, ticket: string | undefined) =>
  queryOptions({
    queryKey: ['users', 'pane', id, ticket ?? null],
    queryFn: ({ signal }) => get(withQuery(`/api/users/${encodeURIComponent(id)}`, { ticket }), 'UserPane', signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
