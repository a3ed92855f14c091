import { seededPassword } from '../seed/people.ts'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'

/** `error` is how better-auth ends a link that is used up. */
export const signIn = (error: string | undefined): Html =>
  layout(
    'Sign in',
    html`<p role="alert" id="trouble">${error === undefined ? '' : 'That link was used, or it is too old.'}</p>
<form id="password-form">
  <label>E-mail <input name="email" type="email" autocomplete="username" required></label>
  <label>Password <input name="password" type="password" autocomplete="current-password"></label>
  <div class="row">
    <button>Sign in</button>
    <button type="button" class="quiet" id="mail-link">E-mail me a link</button>
    <button type="button" class="quiet" id="use-passkey">Use a passkey</button>
  </div>
</form>
<form id="code-form" hidden>
  <label>Code of your authenticator <input name="code" inputmode="numeric" autocomplete="one-time-code" required></label>
  <div class="row"><button>Go on</button></div>
</form>
<p role="status" id="news"></p>
<p class="hint">Example data: sign in as <code>hank@globex.example</code>, an owner, or as <code>eve@globex.example</code>, a member with an authenticator.
Everybody's password is <code>${seededPassword}</code>. Links that are mailed, and the code that an authenticator would show, are in the
<a href="/mailbox">mailbox</a>.</p>`,
  )
