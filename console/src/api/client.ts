import { type Query, QueryClient } from '@tanstack/react-query'
import { isFailure } from './failure.ts'

/** What passes by itself: the server, or what it stands on, does not answer for now. */
export const isPassing = (error: unknown): boolean => isFailure(error) && [0, 502, 503, 504].includes(error.status)

const againMs = 5_000

/**
 * How soon something is read again: as often as it says, and after a failure that passes until it has been read. What failed is not on
 * the record as read, so that reading it again does not add to it.
 */
// biome-ignore lint/suspicious/noExplicitAny: a query of whatever
export const again = (often: (data: any) => number | false) => (query: Query<any, any, any, any>) =>
  isPassing(query.state.error) ? againMs : often(query.state.data)

/** Reading can be an event on the record: nothing is read again unless a person or a stated interval asks, or it has not been read yet. */
export const client = new QueryClient({
  defaultOptions: {
    queries: {
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      refetchInterval: again(() => false),
      staleTime: 2_000,
      retry: (count, error) => count < 2 && isPassing(error),
      retryDelay: (count) => 400 * 2 ** count,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})
