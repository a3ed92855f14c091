import type { EventFilters } from '@countersign/contract/events.ts'
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { get, withQuery } from './call.ts'

export const eventsQuery = (filters: EventFilters) =>
  infiniteQueryOptions({
    queryKey: ['events', filters],
    queryFn: ({ pageParam, signal }) =>
      get(withQuery('/api/audit', { ...filters, cursor: pageParam, limit: 100, proof: 'true' }), 'EventPage', signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })

/** How many events fit, as of the size of the log when it is asked. */
export const countQuery = (filters: EventFilters, exact: boolean) =>
  queryOptions({
    queryKey: ['event-count', filters, exact],
    queryFn: ({ signal }) => get(withQuery('/api/audit/count', { ...filters, exact: exact ? 'true' : undefined }), 'EventCount', signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    placeholderData: keepPreviousData,
  })
