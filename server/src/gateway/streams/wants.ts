import type { IncomingMessage } from 'node:http'
import type { RouteTable } from '../routes.ts'

const pathOf = (target: string): string => target.split('?', 1)[0] as string

/**
 * Whether a request with `Upgrade` is taken off HTTP at all: a WebSocket on a route that is one. Every other stays an ordinary request, and
 * is refused as such.
 */
export const wantsSocket =
  (routes: RouteTable, isOther: (request: IncomingMessage) => boolean) =>
  (request: IncomingMessage): boolean => {
    const { method = '', url = '', httpVersion, headers } = request
    const isSocket = method === 'GET' && httpVersion === '1.1' && headers.upgrade?.toLowerCase() === 'websocket'
    return isSocket && routes.find(method, pathOf(url))?.route.kind === 'websocket' && !isOther(request)
  }
