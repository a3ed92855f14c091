import { readFileSync } from 'node:fs'
import { fromNodeHeaders } from 'better-auth/node'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Acme } from '../acme.ts'
import { account, signedOut } from './account.ts'
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
  app.get('/healthz', async () => ({ ok: true }))
}
