import { CountTenantEvents, EventCount, EventPage, ListTenantEvents } from '@countersign/contract/events.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Ctx } from '../../access/ctx.ts'
import type { TenantPrincipal } from '../../access/principal.ts'
import { countOfTenant } from '../../events/count.ts'
import { followTenantEvents } from '../../events/follow.ts'
import { readTenantEvents } from '../../events/read.ts'
import { requireTenantKey } from '../../identity/keys.ts'
import { ctxOf, type Door, wantsStream } from '../door.ts'
import { problems } from '../fail.ts'
import { lastSeen, newStreams, streamEvents } from './event-stream.ts'

const tags = ['tenant']
/** A tenant has some programs that follow, not a hundred. Each looks once a second. */
const mostStreams = 20
const mostInAll = 200

/** A tenant's own events, by page or as a stream. */
export const tenantAuditRoutes = (app: Door, needs: { closing: AbortSignal }): void => {
  const streams = newStreams({ perOwner: mostStreams, inAll: mostInAll, detail: 'Too many streams are open; close one, or ask by page.' })

  const follow = async (request: FastifyRequest, reply: FastifyReply, query: z.output<typeof ListTenantEvents>): Promise<void> => {
    const { cursor: _, limit: __, order: ___, after, proof, ...filters } = query
    const ctx = ctxOf(request) as Ctx<TenantPrincipal>
    const last = lastSeen(request)
    const leave = streams.enter(ctx.principal.tenant_id)
    try {
      await streamEvents({
        reply,
        may: followTenantEvents.may,
        closing: needs.closing,
        begin: () => followTenantEvents(ctx, { filters, after: last ?? after, proof }),
        judge: () => requireTenantKey(ctx, request.raw.rawHeaders),
      })
    } finally {
      leave()
    }
  }

  app.get(
    '/v1/audit',
    {
      config: { access: readTenantEvents.may, streams: true },
      sse: 'manual',
      schema: {
        tags,
        summary: "The tenant's own events, newest first",
        description:
          'With `Accept: text/event-stream`, events as they enter the log: from after `after` or Last-Event-ID, else from now. Their id is the log index.',
        querystring: ListTenantEvents,
        response: { 200: EventPage, ...problems },
      },
    },
    async (request, reply) => {
      if (wantsStream(request)) return (await follow(request, reply, request.query)) as never
      return await readTenantEvents(ctxOf(request), request.query)
    },
  )
  app.get(
    '/v1/audit/count',
    {
      config: { access: countOfTenant.may },
      schema: {
        tags,
        summary: "How many of the tenant's events match: about, where they are many",
        querystring: CountTenantEvents,
        response: { 200: EventCount, ...problems },
      },
    },
    async (request) => countOfTenant(ctxOf(request), request.query),
  )
}
