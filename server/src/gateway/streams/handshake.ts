import { createHash, randomBytes } from 'node:crypto'
import { Refusal } from '../../errors.ts'
import type { Check, Exchange } from '../exchange.ts'
import { membersOf } from '../members.ts'

const keyForm = /^[A-Za-z0-9+/]{21}[AQgw]==$/
/** Names of protocols on top of WebSocket, in the caller's order. */
const protocolsForm = /^[\w!#$%&'*+.^`|~-]{1,60}(?:[ \t]*,[ \t]*[\w!#$%&'*+.^`|~-]{1,60}){0,9}$/

const refused = (detail: string): Refusal => new Refusal('upgrade_refused', { detail })

/** A WebSocket is asked for where the route is one, and nowhere else; nothing is said before both sides have agreed. */
export const checkSwitch: Check = ({ headers, route, tunnel }) => {
  if (tunnel === undefined && route?.kind !== 'websocket') return
  if (tunnel === undefined) throw refused('This route is a WebSocket.')
  if (route?.kind !== 'websocket') throw refused('This route is no WebSocket.')
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket' || headers.get('sec-websocket-version') !== '13')
    throw refused('The version must be 13.')
  if (!keyForm.test(headers.get('sec-websocket-key') ?? '')) throw refused('Sec-WebSocket-Key is not 16 bytes in base64.')
  if (!protocolsForm.test(headers.get('sec-websocket-protocol') ?? 'none'))
    throw refused('Sec-WebSocket-Protocol is not a short list of names.')
  if (tunnel.head.length > 0) throw refused('More was sent before the answer.')
}

/** RFC 6455 section 4.2.2: what shows that the other side took it for a WebSocket. */
export const acceptOf = (key: string): string => createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

export const newKey = (): string => randomBytes(16).toString('base64')

const protocolsOf = ({ headers }: Exchange): string[] => membersOf(headers.get('sec-websocket-protocol') ?? '')

const lied = (detail: string): Refusal => new Refusal('upstream_refused', { detail })

/**
 * What the product's 101 says, or a refusal where it is no answer to what was asked: without its proof, with an extension, with a protocol that
 * nobody named. Answers the protocol that was chosen.
 */
export const verifySwitch = (exchange: Exchange, rawHeaders: readonly string[], key: string): string | undefined => {
  const headers = new Map<string, string>()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase()
    if (headers.has(name) && /^(?:connection|upgrade|sec-websocket-)/.test(name)) throw lied(`It sent the header ${name} twice.`)
    headers.set(name, rawHeaders[i + 1] as string)
  }
  const options = membersOf(headers.get('connection')?.toLowerCase() ?? '')
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket' || !options.includes('upgrade')) throw lied('It switched to another protocol.')
  if (headers.get('sec-websocket-accept') !== acceptOf(key)) throw lied('It does not show that it took the request for a WebSocket.')
  if (headers.has('sec-websocket-extensions')) throw lied('It speaks with an extension that nobody asked for.')
  const protocol = headers.get('sec-websocket-protocol')
  if (protocol !== undefined && !protocolsOf(exchange).includes(protocol)) throw lied('It speaks a protocol that nobody asked for.')
  return protocol
}

/** Our own 101, byte by byte. */
export const switchHead = ({ id, headers }: Exchange, protocol: string | undefined): string =>
  [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Sec-WebSocket-Accept: ${acceptOf(headers.get('sec-websocket-key') as string)}`,
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    `X-Request-Id: ${id}`,
    `Countersign-Request-Id: ${id}`,
    '\r\n',
  ].join('\r\n')
