import { Problem } from '@countersign/contract/errors.ts'
import { ServiceStatus } from '@countersign/contract/services.ts'
import { z } from 'zod'
import { Refusal } from '../../errors.ts'
import type { Keys } from '../../keys.ts'
import type { Door } from '../door.ts'
import { problems, sendProblem } from '../fail.ts'

type Needs = {
  keys: Keys
  statuses(): ServiceStatus[]
  /** What keeps this process from serving, if anything does. */
  findTrouble(): Promise<string | null>
}

const Services = z.array(ServiceStatus).describe('What runs in this process')

/** Liveness, readiness, the OpenAPI document, and the keys that products verify us with. */
export const serviceRoutes = (app: Door, needs: Needs): void => {
  app.get(
    '/healthz',
    {
      config: { access: 'public' },
      exposeHeadRoute: true,
      schema: { tags: ['service'], summary: 'The process runs', response: { 200: z.object({ status: z.literal('ok') }), ...problems } },
    },
    async () => ({ status: 'ok' as const }),
  )
  app.get(
    '/readyz',
    {
      config: { access: 'public' },
      exposeHeadRoute: true,
      schema: {
        tags: ['service'],
        summary: 'Requests can be served: the database answers and the log grows',
        response: {
          200: z.object({
            status: z.enum(['ready', 'degraded']).describe('degraded: requests are served, but not all that runs here does its work'),
            degraded: z.array(z.string()).describe('Names of the services that do not'),
            services: Services,
          }),
          503: Problem.extend({ services: Services }).describe('Not ready: `detail` says why'),
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const services = needs.statuses()
      try {
        const trouble = await needs.findTrouble()
        if (trouble !== null) throw new Refusal('store_unavailable', { detail: trouble })
        const degraded = services.filter(({ state }) => state === 'failing' || state === 'degraded').map(({ name }) => name)
        return { status: degraded.length === 0 ? ('ready' as const) : ('degraded' as const), degraded, services }
      } catch (error) {
        return sendProblem(error as Error, request, reply, { services })
      }
    },
  )
  app.get(
    '/openapi.json',
    {
      config: { access: 'public' },
      exposeHeadRoute: true,
      schema: { tags: ['service'], summary: 'This document', response: { 200: z.record(z.string(), z.any()), ...problems } },
    },
    async () => app.swagger() as unknown as Record<string, unknown>,
  )
  app.get(
    '/.well-known/jwks.json',
    {
      config: { access: 'public' },
      exposeHeadRoute: true,
      schema: {
        tags: ['service'],
        summary: 'Public keys of assertions and connector calls',
        response: {
          200: z.object({
            keys: z.array(z.object({ kty: z.string(), crv: z.string(), x: z.string(), kid: z.string(), alg: z.string(), use: z.string() })),
          }),
          ...problems,
        },
      },
    },
    async () => ({ keys: [needs.keys.assertion.publicJwk] }),
  )
}
