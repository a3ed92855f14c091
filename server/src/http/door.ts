import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EventRequest } from '@countersign/contract/events.ts'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Ctx } from '../access/ctx.ts'
import type { May } from '../access/may.ts'
import type { Work } from './work.ts'

/** Who may call a route: anybody, or whom its verb lets in. Operators come by the command line alone. */
export type Access = 'public' | Exclude<May, 'operator'>

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** Pages of other sites may read the answer: it is about nobody, and nobody's cookie matters. */
    isOpen?: boolean
    /** Keeps events that are made while this route answers out of the sign-in's idle time. */
    background?: boolean
    /** Answers with a stream whoever asks for one by Accept: such a request takes no turn, as it goes on and on. */
    streams?: boolean
    /** What kind of work it is, where that does not follow from who may call it. */
    work?: Work
  }
  interface FastifyRequest {
    /** Null where the route is anybody's. */
    ctx: Ctx | null
  }
  interface FastifyInstance {
    /** Every route of the door. */
    declared: { method: string; url: string }[]
  }
}

export type Door = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>

/** Whether a request to a route that streams too is for the stream. */
export const wantsStream = ({ headers: { accept = '' } }: Pick<FastifyRequest, 'headers'>): boolean =>
  accept.split(',').some((range) => /^\s*text\/event-stream\s*(;(?!\s*q=0(\.0*)?\s*$).*)?$/i.test(range))

/** The request as events name it: by the route's pattern, and without the query, which may hold a secret. */
export const eventRequestOf = (request: FastifyRequest): EventRequest => ({
  id: request.id,
  method: request.method,
  path: request.routeOptions.url ?? '',
})

/** What a verb is given, of whom the access hook let in. */
export const ctxOf = (request: FastifyRequest): Ctx => {
  if (request.ctx === null) throw new Error('this route does not declare who may call it')
  return request.ctx
}
