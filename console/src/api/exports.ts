import type { AskExport } from '@countersign/contract/exports.ts'
import { queryOptions, useMutation } from '@tanstack/react-query'
import { get, post } from './call.ts'
import { client } from './client.ts'

const address = (id: string) => `/api/exports/${encodeURIComponent(id)}`

/** Where the browser takes the file from, and goes on with it where it broke off. */
export const fileAddress = (id: string) => `${address(id)}/file`

const preparingMs = 700

export const exportQuery = (id: string) =>
  queryOptions({
    queryKey: ['exports', 'one', id],
    queryFn: ({ signal }) => get(address(id), 'Export', signal),
    refetchInterval: ({ state }) => (state.data?.state === 'preparing' ? preparingMs : 30_000),
  })

export const exportsQuery = queryOptions({
  queryKey: ['exports', 'mine'],
  queryFn: async ({ signal }) => (await get('/api/exports', 'ExportList', signal)).items,
  refetchInterval: 10_000,
})

export const useAskExport = () =>
  useMutation({
    mutationFn: (asked: AskExport) => post('/api/exports', asked, 'Export'),
    onSuccess: (made) => {
      client.setQueryData(exportQuery(made.id).queryKey, made)
      return client.invalidateQueries({ queryKey: exportsQuery.queryKey })
    },
  })
