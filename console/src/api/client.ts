import { QueryClient } from '@tanstack/react-query'
import { isFailure } from './failure.ts'

/** Reading can be an event on the record: nothing is read again unless a person or a stated interval asks. */
export const client = new QueryClient({
  defaultOptions: {
    queries: {
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      staleTime: 2_000,
      retry: (count, error) => count < 2 && isFailure(error) && (error.status === 0 || error.status === 503),
      retryDelay: (count) => 400 * 2 ** count,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})
