import { EventFilters, ListEvents, type LogStatus } from '@countersign/contract/events.ts'
import { z } from 'zod'
import { isAllowed } from '../../access/may.ts'
import type { Reads } from '../../audit/read.ts'
import { Refusal } from '../../errors.ts'
import { followEvents } from '../../events/follow.ts'
import { requireStaff } from '../../identity/staff-session.ts'
import { ctxOf, type Door } from '../door.ts'
import { problems } from '../fail.ts'

export type StreamNeeds = {
  reads: Reads
  publicUrl: string
  logStatus: () => Promise<LogStatus>
  /** Ends when the program does. */
  closing: AbortSignal
}

const recheckMs = 5_000
/** Someone who does not read what was sent gets this long to take the end of it; then the connection is cut. */
const stalledMs = 1_000
/** A person has some pages open, not a hundred. */
const mostStreams = 20

const index = z.string().regex(/^\d{1,15}$/)
const StreamEvents = EventFilters.extend({
  after: index.optional().describe('Log index to go on from; default: now'),
  proof: ListEvents.shape.proof,
})

/** What the browser saw last, if it says so. */
const lastSeen = (lastEventId: unknown): string | undefined => {
  if (lastEventId === undefined) return undefined
  const parsed = index.safeParse(lastEventId)
  if (parsed.success) return parsed.data
  throw new Refusal('invalid_request', { errors: [{ path: '/headers/last-event-id', message: 'is not a log index' }] })
}

export const auditStreamRoute = (app: Door, needs: StreamNeeds): void => {
  const open = new Map<string, number>()
  const count = (staffId: string, change: 1 | -1): void => {
    const now = (open.get(staffId) ?? 0) + change
    if (now > 0) open.set(staffId, now)
    else open.delete(staffId)
  }
  app.get(
    '/api/audit/stream',
    {
      config: { access: followEvents.may, background: true },
      // Whatever Accept says, this is what there is here; the plugin would refuse in a form of its own.
      sse: 'manual',
      schema: {
        tags: ['audit'],
        summary: 'Events as they enter the log (server-sent events); resumes by Last-Event-ID',
        querystring: StreamEvents,
        response: { 200: z.any().describe('text/event-stream: id = log index, event = "event", data = LoggedEvent'), ...problems },
      },
    },
    async (request, reply) => {
      const { after, proof, ...filters } = request.query
      const ctx = { ...ctxOf(request), ...needs }
      const { id } = ctx.principal
      const last = lastSeen(request.headers['last-event-id'])
      if ((open.get(id) ?? 0) >= mostStreams) {
        throw new Refusal('too_many_requests', { detail: `You have ${mostStreams} live pages open; close one.` })
      }
      count(id, 1)
      const ended = new AbortController()
      const signal = AbortSignal.any([ended.signal, needs.closing])
      let recheck: NodeJS.Timeout | undefined
      try {
        const asked = last ?? after
        const { from, events } = await followEvents(ctx, {
          filters,
          after: asked === undefined ? undefined : Number(asked),
          resumed: last !== undefined,
          proof,
        })
        reply.sse.onClose(() => ended.abort())
        // Authority is judged again while the stream lives, not only when it opens.
        recheck = setInterval(() => {
          requireStaff(ctx, request.raw.rawHeaders, { touch: false }).then(
            (now) => isAllowed(now, followEvents.may) || ended.abort(),
            () => ended.abort(),
          )
        }, recheckMs)
        // A reader that stands still would hold a send, and with it the stream, for ever.
        const over = new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
        const send = (message: { id?: string; event: string; data: unknown; retry?: number }): Promise<void> =>
          Promise.race([reply.sse.send(message), over])
        // Else the plugin says no-cache, under which an answer may still be kept.
        reply.header('cache-control', 'no-store')
        await send({ event: 'ready', data: { after: from }, retry: 1000 })
        for await (const event of events(signal)) {
          await send({ id: String(event.log_index), event: 'event', data: event })
        }
      } finally {
        clearInterval(recheck)
        count(id, -1)
        if (reply.sse.isConnected) {
          const cut = setTimeout(() => reply.raw.destroy(), stalledMs)
          reply.raw.once('close', () => clearTimeout(cut))
        }
      }
    },
  )
}
