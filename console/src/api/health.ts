import type { ReadOverview, ReadTenantHealth } from '@countersign/contract/health.ts'
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { get, withQuery } from './call.ts'

export type OverviewFilters = Partial<Pick<ReadOverview, 'query' | 'health' | 'status' | 'plan' | 'sort' | 'order'>>
const pageRows = 100

const readOverview = (filters: OverviewFilters, cursor: string | undefined, signal: AbortSignal) =>
  get(withQuery('/api/overview', { ...filters, cursor, limit: pageRows }), 'Overview', signal)

export const overviewQuery = (filters: OverviewFilters) =>
  infiniteQueryOptions({
    queryKey: ['overview', 'list', filters],
    queryFn: ({ pageParam, signal }) => readOverview(filters, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  })

/** The first page as it would be now, beside the one that is shown. */
export const overviewNowQuery = (filters: OverviewFilters) =>
  queryOptions({
    queryKey: ['overview', 'now', filters],
    queryFn: ({ signal }) => readOverview(filters, undefined, signal),
    staleTime: 0,
    gcTime: 0,
  })

/** Whether sources send at all, for a line on every page. */
export const signalsQuery = queryOptions({
  queryKey: ['overview', 'signals'],
  queryFn: async ({ signal }) => (await get(withQuery('/api/overview', { limit: 1 }), 'Overview', signal)).signals,
  refetchInterval: 30_000,
})

/** Exactly the rows that the filters let through, as a file. */
export const overviewCsv = (filters: OverviewFilters): string => withQuery('/api/overview.csv', filters)

export const tenantHealthQuery = (id: string, window: ReadTenantHealth['window'] = '24h') =>
  queryOptions({
    queryKey: ['health', id, window],
    queryFn: ({ signal }) => get(withQuery(`/api/tenants/${encodeURIComponent(id)}/health`, { window }), 'TenantHealth', signal),
    placeholderData: (before, query) => (query?.queryKey[1] === id ? before : undefined),
    refetchInterval: 10_000,
  })
