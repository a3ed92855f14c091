import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Acme } from '../acme.ts'
import { isSignedIn } from './caller.ts'
import { addRoutes } from './route.ts'

const shownAtFirst = 5
const pollMs = 1000
const heartbeatMs = 15_000

/** The tenant's activity as server-sent events: the last few, then each new one. It ends with the connection or the person's session. */
export function addEvents(app: FastifyInstance, acme: Acme): void {
  const { db } = acme.database

  const after = (tenantId: string, seq: string) =>
    db
      .selectFrom('activity')
      .select(['seq', 'at', 'actor', 'action', 'subject'])
      .where('tenant_id', '=', tenantId)
      .where('seq', '>', seq)
      .orderBy('seq')
      .limit(200)
      .execute()

  const startOf = async (tenantId: string) => {
    const last = await db
      .selectFrom('activity')
      .select('seq')
      .where('tenant_id', '=', tenantId)
      .orderBy('seq', 'desc')
      .limit(1)
      .offset(shownAtFirst)
      .executeTakeFirst()
    return last?.seq ?? '0'
  }

  addRoutes(app, acme, [
    {
      method: 'GET',
      url: '/v1/events',
      scope: 'activity:read',
      handle: async ({ caller, request, reply }) => {
        let seq = await startOf(caller.tenantId)
        reply.hijack()
        const response = reply.raw
        const closed = new AbortController()
        response.on('close', () => closed.abort())
        const ended = AbortSignal.any([closed.signal, acme.stopping])
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
        response.write(': connected\n\n')
        let lastWrite = Date.now()
        try {
          while (!ended.aborted && (await isSignedIn(acme, caller))) {
            for (const event of await after(caller.tenantId, seq)) {
              response.write(`id: ${event.seq}\nevent: ${event.action}\ndata: ${JSON.stringify(event)}\n\n`)
              seq = event.seq
              lastWrite = Date.now()
            }
            if (Date.now() - lastWrite > heartbeatMs) {
              response.write(': still here\n\n')
              lastWrite = Date.now()
            }
            await pause(pollMs, undefined, { signal: ended })
          }
        } catch (error) {
          if (!ended.aborted) request.log.error(error)
        }
        response.end()
      },
    },
  ])
}
