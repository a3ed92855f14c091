import { type EventFilters, EventPage } from '@countersign/contract/events.ts'
import { infiniteQueryOptions } from '@tanstack/react-query'
import { get, withQuery } from './call.ts'

export const eventsQuery = (filters: EventFilters) =>
  infiniteQueryOptions({
    queryKey: ['events', filters],
    queryFn: ({ pageParam, signal }) =>
      get(withQuery('/api/audit', { ...filters, cursor: pageParam, limit: 100, proof: 'true' }), EventPage, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
