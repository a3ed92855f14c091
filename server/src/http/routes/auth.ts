import { Me, SignInOptions, SignOut } from '@countersign/contract/staff.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Config } from '../../config.ts'
import { Refusal } from '../../errors.ts'
import { findCookie, flowCookie, flowCookiesIn, formatCookie, sessionCookie } from '../../identity/cookies.ts'
import { readMe } from '../../identity/read-me.ts'
import { isFromElsewhere } from '../../identity/same-origin.ts'
import { isSecret } from '../../identity/secret.ts'
import { type FinishNeeds, finishSignIn } from '../../identity/sign-in/finish.ts'
import { SignInRefusal } from '../../identity/sign-in/refusal.ts'
import { signOut } from '../../identity/sign-in/sign-out.ts'
import { flowSeconds, startSignIn } from '../../identity/sign-in/start.ts'
import { ctxOf, type Door, eventRequestOf } from '../door.ts'
import { problems, refusalOf } from '../fail.ts'
import { anyQuery } from '../input.ts'
import { localProviderRoutes } from './local-oidc.ts'

type Needs = FinishNeeds & { config: Config; gatewayUrl: string; onRevoked: (sessionId: string) => void; views: unknown }

const tags = ['sign-in']
/** Sign-ins that one browser has under way: each has a cookie, and all of them must fit into a request. */
const browserFlowsMaximum = 20
const login = z.string().regex(/^[a-z]{1,20}$/)
const seeOther = z.null().describe('To the next page')

/** People are sent to a page that says what was wrong; programs get the problem itself. */
const refuse = (request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply => {
  const refusal = refusalOf(error as Error)
  // Room is made as sign-ins that were begun grow too old, not within a second.
  if (refusal.code === 'too_many_requests') reply.header('retry-after', '60')
  if (!(request.headers.accept ?? '').toLowerCase().includes('text/html')) throw error
  const level = refusal.status >= 500 ? 'error' : 'info'
  request.log[level]({ err: refusal.facts.cause ?? error, code: refusal.code }, 'sign-in refused')
  const search = new URLSearchParams({ refused: refusal.code, request_id: request.id })
  if (refusal instanceof SignInRefusal && refusal.return_to !== undefined) search.set('return_to', refusal.return_to)
  return reply.redirect(`/sign-in?${search}`, 303)
}

/** Signing in and out, and the local provider where it is the one. */
export const authRoutes = async (app: Door, needs: Needs): Promise<void> => {
  const { publicUrl } = needs
  const setFlow = (name: string, value: string, maxAge: number) => formatCookie(publicUrl, name, value, { sameSite: 'Lax', maxAge })
  const setSession = (value: string, maxAge?: number) =>
    formatCookie(publicUrl, sessionCookie(publicUrl), value, { sameSite: 'Strict', maxAge })

  app.get(
    '/auth/sign-in',
    {
      config: { access: 'public' },
      schema: {
        tags,
        summary: 'Begin to sign in: on to the identity provider',
        querystring: z.strictObject({
          as: login.optional().describe('At the local provider: who'),
          return_to: z.string().default('/').describe('Page of this console to come back to'),
          fresh: z.stringbool().default(false).describe('Authenticate anew at the provider, whatever sign-on stands there'),
        }),
        response: { 303: seeOther, ...problems },
      },
    },
    async (request, reply) => {
      try {
        // Begun by another site, it would sign a person in whom the person did not choose.
        if (isFromElsewhere(request.raw.rawHeaders)) throw new Refusal('cross_site')
        const { location, state, browser } = await startSignIn(needs, request.query)
        const crowded = flowCookiesIn(request.raw.rawHeaders, publicUrl).slice(0, 1 - browserFlowsMaximum)
        const cookies = [setFlow(flowCookie(publicUrl, state), browser, flowSeconds), ...crowded.map((name) => setFlow(name, '', 0))]
        return reply.header('set-cookie', cookies).redirect(location, 303)
      } catch (error) {
        return refuse(request, reply, error)
      }
    },
  )
  app.get(
    '/auth/callback',
    {
      config: { access: 'public' },
      schema: {
        tags,
        summary: "The identity provider's answer comes back here",
        querystring: anyQuery,
        response: { 303: seeOther, ...problems },
      },
    },
    async (request, reply) => {
      const { rawHeaders, url } = request.raw
      const query = new URLSearchParams(new URL(url ?? '', publicUrl).search)
      const flow = flowCookie(publicUrl, query.get('state') ?? '')
      reply.header('set-cookie', setFlow(flow, '', 0))
      try {
        const previous = findCookie(rawHeaders, sessionCookie(publicUrl))
        const { token, return_to } = await finishSignIn(needs, {
          query,
          browser: findCookie(rawHeaders, flow),
          previous: previous !== undefined && isSecret(previous) ? previous : undefined,
          request: eventRequestOf(request),
        })
        return reply.header('set-cookie', setSession(token)).redirect(return_to, 303)
      } catch (error) {
        return refuse(request, reply, error)
      }
    },
  )
  app.post(
    '/auth/sign-out',
    {
      config: { access: 'public' },
      schema: { tags, summary: 'Sign out; twice is harmless', body: SignOut.nullish(), response: { 204: z.null(), ...problems } },
    },
    async (request, reply) => {
      const token = findCookie(request.raw.rawHeaders, sessionCookie(publicUrl))
      const withSessions = request.body?.end_sessions ?? needs.config.sessions.end_with_sign_out
      if (token !== undefined && isSecret(token))
        for (const id of await signOut(needs, { token, request: eventRequestOf(request), withSessions })) needs.onRevoked(id)
      return reply.header('set-cookie', setSession('', 0)).code(204).send(null)
    },
  )
  app.get(
    '/api/sign-in/options',
    {
      config: { access: 'public' },
      schema: { tags, summary: 'How one can sign in here', response: { 200: SignInOptions, ...problems } },
    },
    async () => ({
      local_people: needs.identity.local ? needs.identity.local.people.map((person) => ({ ...person })) : null,
      issuer: new URL(needs.identity.issuer.url).host,
    }),
  )
  app.get(
    '/api/me',
    {
      config: { access: readMe.may },
      schema: { tags, summary: 'Who is signed in, and until when', response: { 200: Me, ...problems } },
    },
    async (request) => readMe({ ...ctxOf(request), ...needs }),
  )
  if (needs.identity.local) await localProviderRoutes(app, needs.identity.local)
}
