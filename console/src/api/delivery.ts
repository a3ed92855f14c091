import type { ReplayDestination } from '@countersign/contract/feed.ts'
import { queryOptions, useMutation } from '@tanstack/react-query'
import { get, post } from './call.ts'
import { client } from './client.ts'

const address = (name: string) => `/api/destinations/${encodeURIComponent(name)}`

export const destinationsQuery = queryOptions({
  queryKey: ['destinations'],
  queryFn: async ({ signal }) => (await get('/api/destinations', 'DestinationList', signal)).items,
  refetchInterval: 2_000,
})

const refresh = () => client.invalidateQueries({ queryKey: ['destinations'] })

export const useTestDestination = (name: string) =>
  useMutation({ mutationFn: () => post(`${address(name)}/test`, {}, 'DestinationTest'), onSettled: refresh })

export const useReplayDestination = (name: string) =>
  useMutation({
    mutationFn: (replay: ReplayDestination) => post(`${address(name)}/replay`, replay, 'DestinationState'),
    onSettled: refresh,
  })
