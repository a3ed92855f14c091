import type { Server, Socket } from 'node:net'

/** Callers whom the system keeps while the program is busy. Beyond them it drops attempts, which clients repeat after one, three, seven seconds. */
export const backlog = 2_048

/** A connection whose time is over and that never said anything: there is nothing to answer, and thousands may end at once. */
export const isMute = ({ code }: { code?: string }, { bytesRead }: Pick<Socket, 'bytesRead'>): boolean =>
  code === 'ERR_HTTP_REQUEST_TIMEOUT' && bytesRead === 0

/** Who has a place at a door. */
export type Room = {
  /** Somebody known asks on this connection. False where as many connections as one may have are theirs already. */
  know(socket: Socket, owner: string): boolean
  size(): number
}

/**
 * Keeps a door open while strangers hold connections: where it is full, the connection on which for the longest time nobody known
 * has asked makes room for the new one. Addresses do not count: many people may come by one, a load balancer's.
 */
export const keepRoom = (server: Server, { connections, perOwner }: { connections: number; perOwner: number }): Room => {
  /** In the order in which they came. */
  const strangers = new Set<Socket>()
  const known = new Map<Socket, string>()
  const counts = new Map<string, number>()

  const count = (owner: string, change: 1 | -1): void => {
    const now = (counts.get(owner) ?? 0) + change
    if (now > 0) counts.set(owner, now)
    else counts.delete(owner)
  }
  const leave = (socket: Socket): void => {
    strangers.delete(socket)
    const owner = known.get(socket)
    if (owner === undefined) return
    known.delete(socket)
    count(owner, -1)
  }
  const size = () => strangers.size + known.size

  server.on('connection', (socket: Socket) => {
    if (size() >= connections) {
      const [oldest = socket] = strangers
      leave(oldest)
      oldest.destroy()
      if (oldest === socket) return
    }
    strangers.add(socket)
    socket.once('close', () => leave(socket))
  })

  return {
    know: (socket, owner) => {
      const before = known.get(socket)
      if (before === owner || socket.destroyed) return true
      if ((counts.get(owner) ?? 0) >= perOwner) return false
      leave(socket)
      known.set(socket, owner)
      count(owner, 1)
      return true
    },
    size,
  }
}
