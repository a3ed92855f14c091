import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods, RouteShorthandOptions } from 'fastify'
import { z } from 'zod'
import type { Acme } from '../acme.ts'
import { Problem } from '../problem.ts'
import { type Caller, requireCaller } from './caller.ts'

type Handler = (on: { caller: Caller; request: FastifyRequest; reply: FastifyReply }) => Promise<unknown>

/** What support needs to be let in here; null closes the route to support for good. */
type Route = { method: HTTPMethods & string; url: string; scope: string | null; handle: Handler }

export function addRoutes(
  app: FastifyInstance,
  acme: Acme,
  routes: Route[],
  options: Pick<RouteShorthandOptions, 'errorHandler'> = {},
): void {
  for (const { method, url, scope, handle } of routes) {
    app.route({
      ...options,
      method,
      url,
      // Who is calling is settled before a byte of the body is read.
      onRequest: async (request) => {
        const caller = await requireCaller(acme, request, scope)
        callers.set(request, caller)
        // As a developer has switched it.
        if (acme.signals.switches.isFailing(caller.tenantId) && Math.random() < 0.5)
          throw new Problem('internal', 'switched on by a developer')
      },
      onResponse: async (request, reply) => {
        const tenantId = callers.get(request)?.tenantId
        if (tenantId === undefined) return
        acme.signals.meter.record({ tenantId, method, route: url, status: reply.statusCode, seconds: reply.elapsedTime / 1_000 })
      },
      handler: (request, reply) => handle({ caller: callerOf(request), request, reply }),
    })
  }
}

const callers = new WeakMap<FastifyRequest, Caller>()

function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request)
  if (!caller) throw new Error('a handler ran before its caller was known')
  return caller
}

export function parse<T extends z.ZodType>(schema: T, input: unknown): z.infer<T> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new Problem('bad_request', `${issue?.path.join('.') || 'body'}: ${issue?.message}`)
}

export const Page = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
})

const Place = z.tuple([z.string().max(40), z.string().max(200)])

/** A place in a list that is ordered by an instant and an id. */
export const formatCursor = (at: string, id: string) => Buffer.from(JSON.stringify([at, id])).toString('base64url')

export function parseCursor(cursor: string): { at: string; id: string } {
  try {
    const [at, id] = Place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
    if (Number.isNaN(Date.parse(at))) throw new Error('not an instant')
    return { at, id }
  } catch {
    throw new Problem('bad_request', 'cursor: not one of ours')
  }
}
