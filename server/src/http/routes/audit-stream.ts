import { EventFilters, ListEvents, LogIndex, type LogStatus } from '@countersign/contract/events.ts'
import { z } from 'zod'
import type { Reads } from '../../audit/read.ts'
import { followEvents } from '../../events/follow.ts'
import { requireStaff } from '../../identity/staff-session.ts'
import { ctxOf, type Door } from '../door.ts'
import { problems } from '../fail.ts'
import { lastSeen, newStreams, streamEvents } from './event-stream.ts'

export type StreamNeeds = {
  reads: Reads
  publicUrl: string
  logStatus: () => Promise<LogStatus>
  /** Ends when the program does. */
  closing: AbortSignal
}

/** A person has some pages open, not a hundred. */
const mostStreams = 20

const StreamEvents = EventFilters.extend({
  after: LogIndex.optional().describe('Log index to go on from; default: now'),
  proof: ListEvents.shape.proof,
})

export const auditStreamRoute = (app: Door, needs: StreamNeeds): void => {
  const streams = newStreams({ perOwner: mostStreams, inAll: 1_000, detail: `You have ${mostStreams} live pages open; close one.` })
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
      const last = lastSeen(request)
      const leave = streams.enter(ctx.principal.id)
      try {
        await streamEvents({
          reply,
          may: followEvents.may,
          closing: needs.closing,
          begin: () => followEvents(ctx, { filters, after: last ?? after, resumed: last !== undefined, proof }),
          judge: () => requireStaff(ctx, request.raw.rawHeaders, { touch: false }),
        })
      } finally {
        leave()
      }
    },
  )
}
