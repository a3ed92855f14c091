import { EventFilters, EventPage, ListEvents, ListTenantEvents, LogStatus } from '@countersign/contract/events.ts'
import { auditRoles } from '@countersign/contract/staff.ts'
import { z } from 'zod'
import { listEvents, listTenantEvents } from '../../audit/list.ts'
import { recordRead } from '../../audit/read.ts'
import { tailEvents } from '../../audit/tail.ts'
import { Refusal } from '../../errors.ts'
import { actorOf } from '../../identity/principal.ts'
import { requireStaff } from '../../identity/staff-session.ts'
import type { Keys } from '../../keys.ts'
import type { Store } from '../../store/open.ts'
import { type Door, staffOf, tenantOf } from '../door.ts'
import { problems } from '../fail.ts'

type Needs = {
  store: Store
  keys: Keys
  publicUrl: string
  logStatus: () => Promise<LogStatus>
  /** Ends when the program does. */
  closing: AbortSignal
}

const tags = ['audit']
const recheckMilliseconds = 5_000
const index = z.string().regex(/^\d{1,15}$/)
const StreamEvents = EventFilters.extend({ after: index.optional().describe('Log index to go on from; default: now') })

/** The index after which a stream starts: what the browser saw last, what the caller asks, or the end of the log. */
const startOf = async (needs: Needs, lastEventId: unknown, after: string | undefined): Promise<number> => {
  if (lastEventId !== undefined && !index.safeParse(lastEventId).success) {
    throw new Refusal('invalid_request', { errors: [{ path: '/headers/last-event-id', message: 'is not a log index' }] })
  }
  const { size } = await needs.logStatus()
  const asked = (lastEventId as string | undefined) ?? after
  return asked === undefined ? size - 1 : Math.min(Number(asked), size - 1)
}

export const auditRoutes = (app: Door, needs: Needs): void => {
  app.get(
    '/api/audit',
    {
      config: { access: auditRoles },
      schema: {
        tags,
        summary: 'Events, newest first; filters combine',
        querystring: ListEvents,
        response: { 200: EventPage, ...problems },
      },
    },
    async (request) => {
      const { cursor, limit, ...filters } = request.query
      if (cursor === undefined) await recordRead(needs, actorOf(staffOf(request)), filters)
      return listEvents(needs.store, filters, { cursor, limit })
    },
  )
  app.get(
    '/api/audit/stream',
    {
      config: { access: auditRoles, background: true },
      sse: 'only',
      schema: {
        tags,
        summary: 'Events as they enter the log (server-sent events); resumes by Last-Event-ID',
        querystring: StreamEvents,
        response: { 200: z.any().describe('text/event-stream: id = log index, event = "event", data = LoggedEvent'), ...problems },
      },
    },
    async (request, reply) => {
      const { after, ...filters } = request.query
      const lastEventId = request.headers['last-event-id']
      const from = await startOf(needs, lastEventId, after)
      if (lastEventId === undefined) await recordRead(needs, actorOf(staffOf(request)), filters)
      const ended = new AbortController()
      reply.sse.onClose(() => ended.abort())
      // Authority is judged again while the stream lives, not only when it opens.
      const recheck = setInterval(() => {
        requireStaff(needs, request.raw.rawHeaders, { touch: false }).then(
          (staff) => staff.roles.some((role) => (auditRoles as readonly string[]).includes(role)) || ended.abort(),
          () => ended.abort(),
        )
      }, recheckMilliseconds)
      const signal = AbortSignal.any([ended.signal, needs.closing])
      try {
        await reply.sse.send({ event: 'ready', data: { after: from }, retry: 1000 })
        for await (const event of tailEvents(needs.store, filters, from, signal)) {
          await reply.sse.send({ id: String(event.log_index), event: 'event', data: event })
        }
      } finally {
        clearInterval(recheck)
      }
    },
  )
  app.get(
    '/api/log',
    { config: { access: auditRoles }, schema: { tags, summary: 'State of the log', response: { 200: LogStatus, ...problems } } },
    async () => needs.logStatus(),
  )
  app.get(
    '/v1/audit',
    {
      config: { access: { permission: 'audit:read' } },
      schema: {
        tags: ['tenant'],
        summary: "The tenant's own events, newest first",
        querystring: ListTenantEvents,
        response: { 200: EventPage, ...problems },
      },
    },
    async (request) => {
      const { cursor, limit, ...filters } = request.query
      return listTenantEvents(needs.store, tenantOf(request).tenant_id, filters, { cursor, limit })
    },
  )
}
