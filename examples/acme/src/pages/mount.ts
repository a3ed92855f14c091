import { readFileSync } from 'node:fs'
import { fromNodeHeaders } from 'better-auth/node'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Acme } from '../acme.ts'
import { parse } from '../api/route.ts'
import { addressesOf } from '../auth/addresses.ts'
import { Problem } from '../problem.ts'
import { account, signedOut } from './account.ts'
import { developers } from './developers.ts'
import { home } from './home.ts'
import type { Html } from './html.ts'
import { mailbox } from './mailbox.ts'
import { signIn } from './sign-in.ts'
import { listSupportCalls, support } from './support.ts'

const asset = (name: string) => readFileSync(new URL(`../../assets/${name}`, import.meta.url))
const policy =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

const show = (reply: FastifyReply, page: Html) =>
  reply
    .header('content-security-policy', policy)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .type('text/html; charset=utf-8')
    .send(page.text)

const Switch = z.strictObject({ tenant_id: z.string().min(1).max(200), stopped: z.boolean().optional(), failing: z.boolean().optional() })

/** A page of another site may switch nothing. */
function requireOwnPage(acme: Acme, { headers: { origin } }: FastifyRequest): void {
  if (origin !== undefined && !addressesOf(acme.url()).includes(origin))
    throw new Problem('cross_origin', 'this request comes from another site')
}

/** The few pages that people see of this product: enough to be signed in, and to notice when one no longer is. */
export function mountPages(app: FastifyInstance, acme: Acme): void {
  const [style, script] = [asset('acme.css'), asset('acme.js')]
  app.get('/assets/acme.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(style))
  app.get('/assets/acme.js', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(script))

  app.get('/', async (_request, reply) => show(reply, home(acme.url())))
  app.get('/sign-in', async (_request, reply) => show(reply, signIn(undefined)))
  app.get('/account', async (request, reply) => {
    const found = await acme.auth().api.getSession({ headers: fromNodeHeaders(request.headers) })
    if (found) return show(reply, await account(acme, found))
    // Where better-auth leads with a link that opens nothing.
    const { error } = request.query as { error?: string }
    return show(reply.status(401), error === undefined ? signedOut : signIn(error))
  })
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
