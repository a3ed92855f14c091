import type { FastifyInstance } from 'fastify'
import { seededPassword } from './seed/people.ts'

const page = (address: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Acme Attest</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif }
  body { max-width: 42rem; margin: 12vh auto; padding: 0 1.25rem }
  h1 { font-size: 1.6rem; margin: 0 }
  p.lead { margin-top: .25rem; opacity: .75 }
  code, pre { font: .875rem/1.6 ui-monospace, monospace }
  pre { padding: .9rem 1rem; border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: .5rem; overflow-x: auto }
  footer { margin-top: 2.5rem; font-size: .875rem; opacity: .7 }
</style>
<h1>Acme Attest</h1>
<p class="lead">Signed statements about documents, devices, builds and people, for organisations that have to show them later.</p>
<p>This is an example product: sixty organisations and three thousand people, made up, in a database of its own. Sign in as one of them:</p>
<pre>curl -c acme.cookies -H 'content-type: application/json' \\
  -d '{"email":"eve@globex.example","password":"${seededPassword}"}' \\
  ${address}/api/auth/sign-in/email
curl -b acme.cookies ${address}/v1/attestations?limit=3</pre>
<p>The API is under <code>/v1</code>. An organisation sees its own attestations, members, billing, exports and activity.</p>
<footer>Support for this product works through Countersign, which stands beside it.</footer>
</html>
`

export function addHome(app: FastifyInstance, address: () => string): void {
  app.get('/', async (_request, reply) => {
    reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
    reply.header('x-content-type-options', 'nosniff')
    return reply.type('text/html; charset=utf-8').send(page(address()))
  })
  app.get('/healthz', async () => ({ ok: true }))
}
