import { seededPassword } from '../seed/people.ts'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'

export const home = (address: string): Html =>
  layout(
    'Acme Attest',
    html`<p class="lead">Signed statements about documents, devices, builds and people, for organisations that have to show them later.</p>
<p>This is an example product: sixty organisations and three thousand people, made up, in a database of its own.
<a href="/sign-in">Sign in</a> as one of them, or from a terminal:</p>
<pre>curl -c acme.cookies -H 'content-type: application/json' \\
  -d '{"email":"hank@globex.example","password":"${seededPassword}"}' \\
  ${address}/api/auth/sign-in/email
curl -b acme.cookies ${address}/v1/attestations?limit=3</pre>
<p>The API is under <code>/v1</code>. An organisation sees its own attestations, members, billing, exports and activity.</p>`,
  )
