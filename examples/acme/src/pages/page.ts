import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Acme } from '../acme.ts'
import { assertionHeader } from '../api/caller.ts'
import { addRoutes } from '../api/route.ts'
import { Problem } from '../problem.ts'
import { requireForm } from './cookies.ts'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'
import { loadViewer, type Viewer } from './viewer.ts'

const policy =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

export const show = (reply: FastifyReply, page: Html) =>
  reply
    .header('content-security-policy', policy)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'same-origin')
    .type('text/html; charset=utf-8')
    .send(page.text)

type On = { viewer: Viewer; request: FastifyRequest; reply: FastifyReply }
type View = { url: string; scope: string; show: (on: On) => Promise<Html> }
/** What a form does; its answer is where its page goes on. */
type Form = { url: string; scope: string | null; save: (on: On & { fields: Record<string, unknown> }) => Promise<string> }

/** Pages of people who are signed in. Support sees them with the scope that each needs, as it does the API. */
export const addViews = (app: FastifyInstance, acme: Acme, views: View[]): void =>
  addRoutes(
    app,
    acme,
    views.map((view) => ({
      method: 'GET',
      url: view.url,
      scope: view.scope,
      handle: async ({ caller, request, reply }) => {
        const viewer = await loadViewer(acme, caller, request, reply)
        return show(reply, await view.show({ viewer, request, reply }))
      },
    })),
    { errorHandler: showProblem },
  )

export const addForms = (app: FastifyInstance, acme: Acme, forms: Form[]): void =>
  addRoutes(
    app,
    acme,
    forms.map((form) => ({
      method: 'POST',
      url: form.url,
      scope: form.scope,
      handle: async ({ caller, request, reply }) => {
        const fields = requireForm(request, caller)
        const viewer = await loadViewer(acme, caller, request, reply)
        return reply.redirect(await form.save({ viewer, fields, request, reply }), 303)
      },
    })),
    { errorHandler: showProblem },
  )

export const idOf = ({ params }: FastifyRequest): string => (params as { id: string }).id

function showProblem(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): unknown {
  if (!(error instanceof Problem)) throw error
  const isSupport = request.headers[assertionHeader] !== undefined
  if (error.code === 'not_signed_in' && !isSupport) return reply.redirect(`/sign-in?to=${encodeURIComponent(request.url)}`, 303)
  const title = error.status === 404 ? 'Not found' : error.status < 500 ? 'That did not work' : 'Not now'
  return show(
    reply.status(error.status),
    layout(title, html`<p role="alert">${error.message}</p><p><a class="button" href="/dashboard">Go to the dashboard</a></p>`),
  )
}
