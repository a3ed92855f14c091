import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { parse } from './api/route.ts'

/**
 * Failures on demand, for tests of whoever calls: only with ACME_FAULTS=1. `POST /faults` plans one for the next calls of its kind,
 * `DELETE /faults` forgets them.
 */
const Fault = z.strictObject({
  /** An act, or the question what came of one. */
  on: z.enum(['act', 'outcome']).default('act'),
  kind: z.enum(['hang', 'reset', 'garbage', 'error', 'busy', 'delay']),
  /** Whether the effect is had, and only its answer lost. */
  when: z.enum(['before', 'after']).default('after'),
  times: z.number().int().min(1).max(1000).default(1),
  /** How long `delay` waits before it goes on as if nothing were. */
  ms: z.number().int().min(0).max(120_000).default(0),
})
type Fault = z.infer<typeof Fault>
type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

export class Faults {
  readonly #stopping: AbortSignal
  #planned: Fault[] = []

  constructor(stopping: AbortSignal) {
    this.#stopping = stopping
  }

  mount(app: FastifyInstance): void {
    app.post('/faults', async (request, reply) => {
      this.#planned.push(parse(Fault, request.body))
      return reply.status(204).send()
    })
    app.delete('/faults', async (_request, reply) => {
      this.#planned = []
      return reply.status(204).send()
    })
  }

  around(on: Fault['on'], handle: Handler): Handler {
    return async (request, reply) => {
      const fault = this.#take(on)
      if (fault?.kind === 'delay') await pause(fault.ms, undefined, { signal: this.#stopping })
      if (!fault || fault.kind === 'delay') return handle(request, reply)
      if (fault.when === 'after') await handle(request, reply)
      return this.#strike(fault.kind, reply)
    }
  }

  #take(on: Fault['on']): Fault | undefined {
    const fault = this.#planned.find((planned) => planned.on === on)
    if (fault && --fault.times === 0) this.#planned = this.#planned.filter((planned) => planned !== fault)
    return fault
  }

  #strike(kind: Exclude<Fault['kind'], 'delay'>, reply: FastifyReply): unknown {
    const { socket } = reply.request.raw
    switch (kind) {
      case 'hang':
        reply.hijack()
        this.#stopping.addEventListener('abort', () => socket.destroy(), { once: true })
        return reply
      case 'reset':
        reply.hijack()
        socket.resetAndDestroy()
        return reply
      case 'garbage':
        return reply.type('application/json').send('{"status":"do')
      case 'error':
        return reply.status(500).send({ code: 'internal', message: 'planned by a test' })
      case 'busy':
        return reply.status(429).send({ code: 'busy', message: 'planned by a test' })
    }
  }
}
