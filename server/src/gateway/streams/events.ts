import type { Exchange } from '../exchange.ts'

type Headers = Record<string, string | string[] | undefined>

/** Whether the product answers a stream of server-sent events where the route is one. Everything else is an answer like any other. */
export const isEventStream = ({ route, method }: Exchange, status: number, headers: Headers): boolean => {
  const type = headers['content-type']
  return (
    route?.kind === 'sse' && method === 'GET' && status === 200 && typeof type === 'string' && /^text\/event-stream(?:$|[ \t;])/i.test(type)
  )
}
