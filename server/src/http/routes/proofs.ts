import { LoggedEvent } from '@countersign/contract/events.ts'
import { Completeness, LogHead, OneEvent, ReadEvent } from '@countersign/contract/proofs.ts'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { LogIdentity } from '../../audit/checkpoint.ts'
import {
  proveEvent,
  proveTenantCompleteness,
  proveTenantEvent,
  readEvent,
  readLogHead,
  readTenantEvent,
  readTenantLogHead,
} from '../../events/prove.ts'
import { ctxOf, type Door } from '../door.ts'
import { problems } from '../fail.ts'

type Needs = { logKey: LogIdentity }

const tlogProof = { 200: z.any().describe('text/plain: C2SP tlog-proof'), ...problems }

const sendText = (reply: FastifyReply, text: string): FastifyReply =>
  reply
    .type('text/plain; charset=utf-8')
    .serializer((body: unknown) => body as string)
    .send(text)

/** One event, that it is in the log, and what the log signed last: for staff, and for a tenant's key. */
export const proofRoutes = (app: Door, { logKey }: Needs): void => {
  const doors = [
    { base: '/api/audit', tags: ['audit'], whose: 'An event of the log', read: readEvent, prove: proveEvent, head: readLogHead },
    {
      base: '/v1/audit',
      tags: ['tenant'],
      whose: "One of the tenant's own events",
      read: readTenantEvent,
      prove: proveTenantEvent,
      head: readTenantLogHead,
    },
  ] as const
  for (const { base, tags, whose, read, prove, head } of doors) {
    const summary = `${whose}: that it is in the log, by the newest checkpoint`
    app.get(
      `${base}/head`,
      {
        config: { access: head.may },
        schema: { tags, summary: 'What the log signed last', response: { 200: LogHead, ...problems } },
      },
      async (request) => head({ ...ctxOf(request), logKey }),
    )
    app.get(
      `${base}/:event_id`,
      {
        config: { access: read.may },
        schema: { tags, summary: whose, params: OneEvent, querystring: ReadEvent, response: { 200: LoggedEvent, ...problems } },
      },
      async (request) => read(ctxOf(request), { ...request.params, ...request.query }),
    )
    app.get(
      `${base}/:event_id/proof`,
      { config: { access: prove.may }, schema: { tags, summary, params: OneEvent, response: tlogProof } },
      async (request, reply) => sendText(reply, await prove({ ...ctxOf(request), logKey }, request.params)),
    )
  }
  app.get(
    '/v1/audit/completeness',
    {
      config: { access: proveTenantCompleteness.may },
      schema: {
        tags: ['tenant'],
        summary: 'How many events the log has of the tenant, and a hash over them, proven by the newest checkpoint',
        response: { 200: Completeness, ...problems },
      },
    },
    async (request) => proveTenantCompleteness({ ...ctxOf(request), logKey }),
  )
}
