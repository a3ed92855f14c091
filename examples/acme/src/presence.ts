import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Acme } from './acme.ts'
import { assertionHeader, type Caller, isSignedIn, requireCaller } from './api/caller.ts'
import { addressesOf } from './auth/addresses.ts'
import type { Journal } from './journal.ts'
import { Problem } from './problem.ts'

const lookAgainMs = 5_000
const longestMessageBytes = 1_000

/** Who has the product open at the moment, by organisation. */
export class Presence {
  readonly #here = new Map<WebSocket, { caller: Caller; name: string }>()

  join(socket: WebSocket, caller: Caller, name: string): void {
    this.#here.set(socket, { caller, name })
    socket.on('close', () => {
      this.#here.delete(socket)
      this.#tell(caller.tenantId)
    })
    this.#tell(caller.tenantId)
  }

  /** Whoever is no longer signed in is no longer here. */
  async lookAgain(acme: Acme): Promise<void> {
    for (const [socket, { caller }] of this.#here) {
      socket.ping()
      if (!(await isSignedIn(acme, caller))) socket.close(1008, 'signed out')
    }
  }

  close(): void {
    for (const socket of this.#here.keys()) socket.terminate()
  }

  #tell(tenantId: string): void {
    const there = [...this.#here].filter(([, { caller }]) => caller.tenantId === tenantId)
    const here = [...new Set(there.map(([, { name }]) => name))]
    for (const [socket] of there) socket.send(JSON.stringify({ here }))
  }
}

/** `GET /v1/presence` by WebSocket: who else is here, whenever that changes. */
export function mountPresence(app: FastifyInstance, acme: Acme, journal: Journal | undefined): void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: longestMessageBytes })
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const open = async (): Promise<void> => {
      await journal?.record(request)
      const { caller, name } = await requirePresent(acme, request)
      sockets.handleUpgrade(request, socket, head, (opened) => acme.presence.join(opened, caller, name))
    }
    open().catch((error) => refuse(socket, error instanceof Problem ? error.status : 500))
  })
  const timer = setInterval(() => void acme.presence.lookAgain(acme).catch((error) => app.log.error(error)), lookAgainMs)
  acme.stopping.addEventListener('abort', () => clearInterval(timer), { once: true })
}

async function requirePresent(acme: Acme, raw: IncomingMessage): Promise<{ caller: Caller; name: string }> {
  if (raw.url !== '/v1/presence') throw new Problem('not_found', 'no such address')
  const { headers } = raw
  // Any site may open a WebSocket to here, and the browser sends the cookie along.
  const isOwnPage = headers.origin !== undefined && addressesOf(acme.url()).includes(headers.origin)
  if (headers[assertionHeader] === undefined && !isOwnPage) throw new Problem('cross_origin', 'this request comes from another site')
  const caller = await requireCaller(acme, { headers, raw, method: raw.method ?? '' }, 'activity:read')
  if (caller.kind === 'support') return { caller, name: 'Acme support' }
  const person = await acme.database.db.selectFrom('user').select('name').where('id', '=', caller.actor).executeTakeFirst()
  return { caller, name: person?.name ?? 'somebody' }
}

const refuse = (socket: Duplex, status: number): void => {
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
