import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

/** What the parser is reading: of Node, and not documented. Without it nothing is found here. */
type Parsing = Socket & { parser?: { getCurrentBuffer?(): Buffer | undefined } | null }

/**
 * Whether the request line says another protocol than HTTP. Node's parser takes RTSP and ICE for it, and tells nobody. A line that
 * came in an earlier piece than the end of its headers is not seen.
 */
export const saysOther = ({ method, url, socket }: IncomingMessage): boolean => {
  const bytes = (socket as Parsing).parser?.getCurrentBuffer?.()
  if (!bytes?.includes('RTSP/') && !bytes?.includes('ICE/')) return false
  return bytes
    .toString('latin1')
    .split('\n')
    .some((line) => line.startsWith(`${method} `) && line.includes(` ${url} `) && / (?:RTSP|ICE)\/\d\.\d\r?$/.test(line))
}

/** Looks at requests as they are read. Answers whether one was of another protocol. */
export const watchProtocol = (server: Server): ((request: IncomingMessage) => boolean) => {
  const others = new WeakSet<IncomingMessage>()
  const look = (request: IncomingMessage): void => {
    if (saysOther(request)) others.add(request)
  }
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.prependListener(event, look)
  return (request) => others.has(request)
}
