import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { get, withQuery } from './call.ts'

/** Reading them is on the record: once per visit. */
export const insightsQuery = (weeks: string) =>
  queryOptions({
    queryKey: ['insights', weeks],
    queryFn: ({ signal }) => get(withQuery('/api/insights', { weeks }), 'Insights', signal),
    staleTime: 300_000,
    placeholderData: keepPreviousData,
  })
