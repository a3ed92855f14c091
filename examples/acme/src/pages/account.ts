import type { Acme } from '../acme.ts'
import { passkeyAddress } from '../auth/addresses.ts'
import { describeDevice } from '../connector/device.ts'
import { type Html, html, time } from './html.ts'
import { layout } from './layout.ts'

type SignedIn = { user: { id: string; name: string; email: string }; session: { id: string } }

export const signedOut: Html = layout(
  'You are signed out',
  html`<p>Your session is over, or there never was one.</p><p><a class="button" href="/sign-in">Sign in</a></p>`,
)

/** What a person sees of themselves. The page notices by itself when the session is ended. */
export async function account(acme: Acme, { user, session: { id } }: SignedIn): Promise<Html> {
  const { db } = acme.database
  const tenant = await db
    .selectFrom('member')
    .innerJoin('organization', 'organization.id', 'member.organizationId')
    .select('organization.name')
    .where('userId', '=', user.id)
    .executeTakeFirst()
  const sessions = await db
    .selectFrom('session')
    .selectAll()
    .where('userId', '=', user.id)
    .where('expiresAt', '>', new Date())
    .orderBy('createdAt', 'desc')
    .execute()
  const passkeys = await db.selectFrom('passkey').select(['id', 'name', 'createdAt']).where('userId', '=', user.id).execute()
  const totp = await db.selectFrom('user').select('twoFactorEnabled').where('id', '=', user.id).executeTakeFirst()
  return layout(
    user.name,
    html`<p class="lead" id="signed-in">${user.email} · ${tenant?.name ?? 'no organisation'}</p>
<h2>Sessions</h2>
<ul>${sessions.map(
      (session) =>
        html`<li>${describeDevice(session.userAgent) ?? 'Unknown device'}${session.id === id && html` <strong>this one</strong>`}
<span class="hint">since ${time(session.createdAt)}</span></li>`,
    )}</ul>
<h2>Ways to sign in</h2>
<ul>${passkeys.map((passkey) => html`<li>Passkey ${passkey.name ?? ''}</li>`)}
<li>${totp?.twoFactorEnabled ? 'Authenticator: asked for after the password' : 'No authenticator'}</li></ul>
<p role="alert" id="trouble"></p>
<div class="row"><button id="add-passkey">Add a passkey</button><button class="quiet" id="sign-out">Sign out</button></div>
<p class="hint">Passkeys belong to a name: <a href="${passkeyAddress(acme.url())}/account">open this page there</a>.</p>`,
  )
}
