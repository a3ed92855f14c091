import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { connect as connectTls } from 'node:tls'
import { CallFailure, callFailureFrom } from '../../outbound/failure.ts'
import { classOfAddress, passWall, type Wall } from '../../outbound/wall.ts'
import { formatSyslog, frameSyslog } from '../formats/syslog.ts'
import { type Item, type Sender, Unsent, unsentBy } from './sender.ts'

const timeoutMs = 30_000

type Settings = {
  host: string
  port: number
  transport: 'tls' | 'tcp'
  wall: Wall
  ca?: string | undefined
  certificate?: string | undefined
  key?: string | undefined
}

/**
 * Syslog over TLS (RFC 5425) or TCP (RFC 6587), octet counting. Syslog acknowledges nothing, so each batch has a connection of its own:
 * the receiver closes it when it has read everything, and that is the receipt.
 */
export const openSyslog = ({ host, port, transport, wall, ca, certificate, key }: Settings): Sender => {
  const from = { hostname: hostname(), pid: process.pid }
  const open = async (signal: AbortSignal): Promise<Socket> => {
    const address = await passWall(host, wall)
    if (transport === 'tcp') {
      if (classOfAddress(address) === 'public') throw new CallFailure('forbidden', 'plain text to a public address', { sent: false })
      const socket = connect({ host: address, port })
      await once(socket, 'connect', { signal })
      return socket
    }
    const socket = connectTls({
      host: address,
      port,
      servername: host,
      ...(ca === undefined ? {} : { ca }),
      ...(certificate === undefined ? {} : { cert: certificate, key }),
    })
    await once(socket, 'secureConnect', { signal })
    return socket
  }
  const deliver = async (items: readonly Item[], signal: AbortSignal): Promise<void> => {
    const socket = await open(signal)
    try {
      const closed = once(socket, 'close', { signal })
      // Who sends something before the end is not reading to the end.
      socket.resume()
      socket.end(Buffer.concat(items.map((item) => frameSyslog(formatSyslog(item, item.text, from)))))
      await closed
      if (socket.errored) throw socket.errored
    } finally {
      socket.destroy()
    }
  }
  return {
    limits: { events: 500, bytes: 1_000_000 },
    async send(items) {
      const signal = AbortSignal.timeout(timeoutMs)
      try {
        await deliver(items, signal)
      } catch (error) {
        if (signal.aborted) throw new Unsent('it did not read everything in time')
        throw unsentBy(callFailureFrom(error))
      }
    },
    close: async () => {},
  }
}
