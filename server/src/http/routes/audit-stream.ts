import { EventFilters, type LogStatus } from '@countersign/contract/events.ts'
import { auditRoles } from '@countersign/contract/staff.ts'
import { z } from 'zod'
import { type Reads, recordRead } from '../../audit/read.ts'
import type { Journal } from '../../audit/record.ts'
import { tailEvents } from '../../audit/tail.ts'
import { Refusal } from '../../errors.ts'
import { hasRole } from '../../identity/principal.ts'
import { requireStaff } from '../../identity/staff-session.ts'
import type { Store } from '../../store/open.ts'
import { type Door, readerOf, staffOf } from '../door.ts'
import { problems } from '../fail.ts'

export type StreamNeeds = {
  store: Store
  journal: Journal
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
const StreamEvents = EventFilters.extend({ after: index.optional().describe('Log index to go on from; default: now') })

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
      config: { access: auditRoles, background: true },
      sse: 'only',
      schema: {
        tags: ['audit'],
        summary: 'Events as they enter the log (server-sent events); resumes by Last-Event-ID',
        querystring: StreamEvents,
        response: { 200: z.any().describe('text/event-stream: id = log index, event = "event", data = LoggedEvent'), ...problems },
      },
    },
    async (request, reply) => {
      const { after, ...filters } = request.query
      const staff = staffOf(request)
      const last = lastSeen(request.headers['last-event-id'])
      if ((open.get(staff.id) ?? 0) >= mostStreams) {
        throw new Refusal('too_many_requests', { detail: `You have ${mostStreams} live pages open; close one.` })
      }
      count(staff.id, 1)
      const ended = new AbortController()
      const signal = AbortSignal.any([ended.signal, needs.closing])
      let recheck: NodeJS.Timeout | undefined
      try {
        const { size } = await needs.logStatus()
        const asked = last ?? after
        const from = asked === undefined ? size - 1 : Math.min(Number(asked), size - 1)
        await recordRead(needs, readerOf(staff), filters, last === undefined ? undefined : { after: from })
        reply.sse.onClose(() => ended.abort())
        // Authority is judged again while the stream lives, not only when it opens.
        recheck = setInterval(() => {
          requireStaff(needs, request.raw.rawHeaders, { touch: false }).then(
            (now) => hasRole(now, auditRoles) || ended.abort(),
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
        for await (const event of tailEvents(needs.store, filters, from, signal)) {
          await send({ id: String(event.log_index), event: 'event', data: event })
        }
      } finally {
        clearInterval(recheck)
        count(staff.id, -1)
        if (reply.sse.isConnected) {
          const cut = setTimeout(() => reply.raw.destroy(), stalledMs)
          reply.raw.once('close', () => clearTimeout(cut))
        }
      }
    },
  )
}
