import { Tenant, TenantPage } from '@countersign/contract/tenants.ts'
import { UserPage } from '@countersign/contract/users.ts'
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { get, withQuery } from './call.ts'

const address = (id: string) => `/api/tenants/${encodeURIComponent(id)}`
/** The few tenants that fit what is being typed. */
export const tenantHintsQuery = (query: string) =>
  queryOptions({
    queryKey: ['tenants', 'hints', query],
    queryFn: ({ signal }) => get(withQuery('/api/tenants', { query, limit: 6 }), TenantPage, signal),
    placeholderData: keepPreviousData,
  })

/** Opening a tenant is an event: once per visit. */
export const tenantQuery = (id: string) =>
  queryOptions({
    queryKey: ['tenants', 'one', id],
    queryFn: ({ signal }) => get(address(id), Tenant, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })

export const tenantUsersQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['tenants', 'users', id],
    queryFn: ({ pageParam, signal }) => get(withQuery(`${address(id)}/users`, { cursor: pageParam, limit: 100 }), UserPage, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
  })
