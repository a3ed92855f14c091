import type { ListTenantUsers } from '@countersign/contract/users.ts'
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { get, withQuery } from './call.ts'

const address = (id: string) => `/api/tenants/${encodeURIComponent(id)}`
/** The few tenants that fit what is being typed. */
export const tenantHintsQuery = (query: string) =>
  queryOptions({
    queryKey: ['tenants', 'hints', query],
    queryFn: ({ signal }) => get(withQuery('/api/tenants', { query, limit: 6 }), 'TenantPage', signal),
    placeholderData: keepPreviousData,
  })

/** Opening a tenant is an event: once per visit. */
export const tenantQuery = (id: string) =>
  queryOptions({
    queryKey: ['tenants', 'one', id],
    queryFn: ({ signal }) => get(address(id), 'Tenant', signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })

export type UserNarrowing = Partial<Pick<ListTenantUsers, 'query' | 'status' | 'role' | 'sort' | 'order'>>

export const tenantUsersQuery = (id: string, narrowing: UserNarrowing) =>
  infiniteQueryOptions({
    queryKey: ['tenants', 'users', id, narrowing],
    queryFn: ({ pageParam, signal }) =>
      get(withQuery(`${address(id)}/users`, { ...narrowing, cursor: pageParam, limit: 100 }), 'UserPage', signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  })

/** Asked of the product now; whom it names is on the record: once per visit. */
export const tenantDetailsQuery = (id: string) =>
  queryOptions({
    queryKey: ['tenants', 'details', id],
    queryFn: async ({ signal }) => (await get(`${address(id)}/details`, 'ReadTenantDetails', signal)).details,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
