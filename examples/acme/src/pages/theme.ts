import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Acme } from '../acme.ts'
import { addRoutes, parse } from '../api/route.ts'
import { setCookie, themeCookie } from './cookies.ts'
import { loadViewer } from './viewer.ts'

const yearSeconds = 31_536_000

const Theme = z.object({
  to: z.enum(['light', 'dark']),
  // A path of ours, never another site's.
  back: z
    .string()
    .regex(/^\/[a-z]*$/)
    .default('/dashboard'),
})

/** Keeps how somebody likes to look at the product, in a cookie of theirs alone. */
export const addTheme = (app: FastifyInstance, acme: Acme): void =>
  addRoutes(app, acme, [
    {
      method: 'GET',
      url: '/theme',
      scope: 'tenant:read',
      handle: async ({ caller, request, reply }) => {
        const { to, back } = parse(Theme, request.query)
        setCookie(reply, themeCookie, to, yearSeconds)
        const { address } = await loadViewer(acme, caller, request, reply)
        return reply.redirect(`${address}${back}`, 303)
      },
    },
  ])
