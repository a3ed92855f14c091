import { fromNodeHeaders } from 'better-auth/node'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Acme } from '../acme.ts'
import { assertionHeader, requireCaller } from '../api/caller.ts'
import { parse } from '../api/route.ts'
import { addressesOf } from '../auth/addresses.ts'
import { Problem } from '../problem.ts'
import { account, signedOut } from './account.ts'
import { mountAssets } from './assets.ts'
import { addAttestationPages } from './attestations.ts'
import { addBillingPages } from './billing.ts'
import { dashboard } from './dashboard.ts'
import { developers } from './developers.ts'
import { home } from './home.ts'
import { mailbox } from './mailbox.ts'
import { addMemberPages } from './members.ts'
import { addNotificationPages } from './notifications.ts'
import { addViews, show } from './page.ts'
import { addSettingPages } from './settings.ts'
import { signIn } from './sign-in.ts'
import { listSupportCalls, support } from './support.ts'
import { addTheme } from './theme.ts'

const Switch = z.strictObject({ tenant_id: z.string().min(1).max(200), stopped: z.boolean().optional(), failing: z.boolean().optional() })

/** A page of another site may switch nothing. */
function requireOwnPage(acme: Acme, { headers: { origin } }: FastifyRequest): void {
  if (origin !== undefined && !addressesOf(acme.url()).includes(origin))
    throw new Problem('cross_origin', 'this request comes from another site')
}

export function mountPages(app: FastifyInstance, acme: Acme): void {
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )
  mountAssets(app)
  mountDoorstep(app, acme)
  mountExample(app, acme)
  addViews(app, acme, [{ url: '/dashboard', scope: 'tenant:read', show: ({ viewer }) => dashboard(acme.database, viewer) }])
  for (const add of [addTheme, addAttestationPages, addMemberPages, addBillingPages, addNotificationPages, addSettingPages]) add(app, acme)
}

/** What people see before they are signed in, and what shows that they are. */
function mountDoorstep(app: FastifyInstance, acme: Acme): void {
  const findSession = (request: FastifyRequest) => acme.auth().api.getSession({ headers: fromNodeHeaders(request.headers) })

  app.get('/', async (request, reply) => {
    if (request.headers[assertionHeader] !== undefined) await requireCaller(acme, request, 'tenant:read')
    else if (!(await findSession(request))) return show(reply, home(acme.url()))
    return reply.redirect('/dashboard', 303)
  })
  app.get('/sign-in', async (_request, reply) => show(reply, signIn(undefined)))
  app.get('/account', async (request, reply) => {
    const found = await findSession(request)
    if (found) return show(reply, await account(acme, found))
    // Where better-auth leads with a link that opens nothing.
    const { error } = request.query as { error?: string }
    return show(reply.status(401), error === undefined ? signedOut : signIn(error))
  })
}

/** What a real product would not have: everybody's mail, what support asked for, switches for developers. */
function mountExample(app: FastifyInstance, acme: Acme): void {
  app.get('/mailbox', async (_request, reply) => show(reply, await mailbox(acme.database)))
  app.get('/support', async (_request, reply) => show(reply, support(await listSupportCalls(acme.database))))
  app.get('/support/calls', async () => ({ items: await listSupportCalls(acme.database) }))
  app.get('/dev', async (_request, reply) => show(reply, await developers(acme.database, acme.signals.switches)))
  app.post('/dev/switches', async (request, reply) => {
    requireOwnPage(acme, request)
    const { tenant_id, ...to } = parse(Switch, request.body)
    acme.signals.switches.set(tenant_id, to)
    await acme.signals.resend(tenant_id)
    return reply.status(204).send()
  })
  app.get('/healthz', async () => ({ ok: true }))
}
