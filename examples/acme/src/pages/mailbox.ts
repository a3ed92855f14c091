import { createOTP } from '@better-auth/utils/otp'
import type { Database } from '../database/open.ts'
import { seededTotpSecret } from '../seed/people.ts'
import { type Html, html, time } from './html.ts'
import { layout } from './layout.ts'

const shown = 50

/** What the users of the product would find on their own screens. Support has no part in it. */
export async function mailbox({ db }: Database): Promise<Html> {
  const mails = await db
    .selectFrom('mails')
    .innerJoin('user', 'user.id', 'mails.user_id')
    .select(['mails.id', 'email', 'subject', 'body', 'link', 'sent_at'])
    .orderBy('mails.id', 'desc')
    .limit(shown)
    .execute()
  return layout(
    'Mailbox',
    html`<p class="lead">In a real product each of these lies with the user whom it is for, and nobody else can read it.</p>
<p>Everybody's authenticator shows <output id="code">${await createOTP(seededTotpSecret).totp()}</output> now.</p>
${mails.map(
  (mail) => html`<article>
<h2>${mail.subject}</h2>
<p class="hint">to ${mail.email} · ${time(mail.sent_at)}</p>
<p>${mail.body}</p>
<p><a href="${mail.link}">Sign in to Acme Attest</a></p>
</article>`,
)}
${mails.length === 0 && html`<p>No mail yet.</p>`}`,
  )
}
