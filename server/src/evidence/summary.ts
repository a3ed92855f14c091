import { createHash } from 'node:crypto'
import type { Facts } from './gather.ts'

const html = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/[\p{Cc}]/gu, ' ')

type Row = readonly [what: string, value: string, from: string]

const table = (caption: string, rows: readonly Row[]): string => `<table><caption>${html(caption)}</caption>
<thead><tr><th>What</th><th>Number</th><th>Counted from</th></tr></thead><tbody>
${rows.map(([what, value, from]) => `<tr><td>${html(what)}</td><td class="n">${html(value)}</td><td><code>${html(from)}</code></td></tr>`).join('\n')}
</tbody></table>`

const number = (value: number): string => value.toLocaleString('en')

const listOf = (title: string, items: readonly string[], more: number): string =>
  items.length === 0
    ? `<p>${html(title)}: none.</p>`
    : `<h3>${html(title)}</h3><ul>${items.map((item) => `<li>${html(item)}</li>`).join('')}</ul>${more > 0 ? `<p>… and ${number(more)} more in the file.</p>` : ''}`

const style = `:root{color-scheme:light dark;--ink:#1a1d21;--soft:#5b626b;--line:#d9dde2;--page:#fff;--ok:#1a7f43;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--ink:#e8eaed;--soft:#a2a9b1;--line:#33383e;--page:#15171a;--ok:#6cc492;--bad:#f2a49d}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:880px;margin:32px auto;padding:0 20px}
h1{font-size:24px;margin-bottom:4px}h2{font-size:18px;margin-top:36px;border-top:1px solid var(--line);padding-top:16px}h3{font-size:15px;margin-bottom:4px}
p,li{max-width:72ch}.soft,caption{color:var(--soft)}caption{text-align:left;padding:4px 0}
table{border-collapse:collapse;width:100%;margin:12px 0}th,td{text-align:left;padding:5px 12px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600;font-size:13px;color:var(--soft)}.n{font-variant-numeric:tabular-nums;white-space:nowrap}code{font-size:12.5px;overflow-wrap:anywhere}
#verdict{border:1px solid var(--line);border-radius:6px;padding:10px 14px;margin-top:12px;min-height:24px}#verdict.good strong{color:var(--ok)}#verdict.bad strong{color:var(--bad)}
input{font:inherit;max-width:100%}label{display:block;margin-top:10px}#key{width:100%;box-sizing:border-box}@media print{#verify{display:none}}`

/** A page that is read without a network and without us: what happened, by the criteria that auditors ask for, and the verifier. */
export const formatSummary = (facts: Facts, verifier: string): string => {
  const { counts, of, approvals, denials, sessions, span } = facts
  const script = verifier.replaceAll('</script', '<\\/script')
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`,
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  ].join('; ')
  const rows = (...names: [what: string, key: keyof Facts['counts'], from: string][]): Row[] =>
    names.map(([what, key, from]) => [what, number(counts[key]), from])
  const scopesUnused = sessions.filter(({ scopes_granted, scopes_used }) => scopes_used.length < scopes_granted.length).length
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Evidence of support access</title><style>${style}</style></head><body>
<h1>Evidence of support access</h1>
<p class="soft">${html(of)}, ${html(span)}. Made from ${number(facts.events)} events of the log <code>${html(facts.origin)}</code>, as it was with ${number(facts.size)} entries. Key <code>${html(facts.fingerprint)}</code></p>
<p>Every number below is counted from the events in <code>log/events.ndjson</code>, which are all events of this time${facts.isOfTenant ? ' that concern this tenant' : ''}. That each of them stands in the log as it is here, and that these are all that the log has on record of this pack, can be verified without trusting whoever made it.</p>
<section id="verify"><h2>Verify</h2>
<p>Choose the files of the folder <code>log</code> beside this page. They stay on this computer. Or run <code>node verify.mjs</code>.</p>
<input id="files" type="file" multiple aria-label="Files of the folder log">
<label>The key that you trust, if you have it from elsewhere <input id="key" autocomplete="off" spellcheck="false"></label>
<div id="verdict" role="status"></div></section>
<h2>CC6.1 Who gets in</h2>
<p>Staff sign in at the company's own identity provider; what they do is bound to a person, and what is grave to a passkey. Customers read with keys of their own.</p>
${table('Sign-ins and keys', rows(['Sign-ins', 'signIns', 'AUTH.SIGNED_IN ok'], ['Sign-ins, cookies and keys refused', 'signInsDenied', 'AUTH.DENIED'], ['Confirmations with a passkey', 'stepUps', 'AUTH.STEPPED_UP'], ['Passkeys enrolled', 'passkeysEnrolled', 'STAFF.PASSKEY.ENROLLED'], ['API keys created', 'keysCreated', 'KEY.CREATED'], ['API keys revoked', 'keysRevoked', 'KEY.REVOKED']))}
<h2>CC6.2 How access is given and taken away</h2>
<p>Nobody has standing access to a customer's data. It is opened for a reason, for scopes, for an hour at most, and ends by itself.</p>
${table('Support sessions', [...rows(['Opened', 'sessionsOpened', 'SUPPORT_SESSION.CREATED, IMPERSONATE.STARTED'], ['Refused', 'sessionsDenied', 'SUPPORT_SESSION.DENIED, IMPERSONATE.DENIED deny'], ['Ended before their time', 'sessionsRevoked', 'SUPPORT_SESSION.REVOKED, IMPERSONATE.REVOKED, IMPERSONATE.ENDED, and *.SIGNED_OUT, *.ROLE_LOST, *.FROZEN, *.TENANT_GONE of both'], ['Ended by themselves', 'sessionsExpired', 'SUPPORT_SESSION.EXPIRED, IMPERSONATE.EXPIRED, and *.TIMED_OUT of both'], ['Staff disabled', 'staffDisabled', 'STAFF.DISABLED']), ['Opened without a ticket', number(sessions.filter(({ ticket }) => ticket === null).length), 'sessions.json']])}
<h2>CC6.3 Least privilege, and two persons</h2>
<p>Each act has gates: a reason, a ticket, a second person who signs exactly this request. An attempt with a gate unmet is refused and recorded.</p>
${table('Acts and approvals', [...rows(['Acts on users and tenants done', 'actsDone', 'category action, result ok, without ACTION.STARTED'], ['Acts refused', 'actsDenied', 'category action, result deny'], ['Approvals signed by a second person', 'approvals', 'ACTION.APPROVED, ACCOUNT.SUSPEND.APPROVED ok'], ['Requests rejected', 'rejections', 'ACTION.REJECTED, ACCOUNT.SUSPEND.REJECTED'], ['Refused for a missing role', 'accessDenied', 'ACCESS.DENIED']), ['Sessions that used fewer scopes than they had', number(scopesUnused), 'sessions.json']])}
${listOf('Approvals', approvals.first, approvals.count - approvals.first.length)}
<h2>CC7.2 What was watched, and what stood out</h2>
${table('Requests and findings', rows(['Requests let through', 'requestsAdmitted', 'SUPPORT_SESSION.REQUEST.ADMITTED, SUPPORT_SESSION.ASSET.ADMITTED'], ['Requests refused in a session', 'requestsRefused', 'SUPPORT_SESSION.REQUEST.REFUSED'], ['Requests refused without a session', 'gatewayRefused', 'GATEWAY.REFUSED'], ['Reads of the log', 'auditReads', 'AUDIT.READ'], ['Look-ups of users and tenants', 'lookUps', 'category look_up'], ['Suspected tampering', 'tampering', 'LOG.TAMPER.SUSPECTED'], ['Jumps of the clock', 'clockJumps', 'CLOCK.JUMPED']))}
${listOf('Denials', denials.first, denials.count - denials.first.length)}
<h2>What is in this pack</h2>
<ul><li><code>log/events.ndjson</code> the events, oldest first, a line each</li><li><code>log/entries.ndjson</code>, <code>manifest.json</code>, <code>proof.txt</code>, <code>checkpoint</code>, <code>log.vkey</code> the same as the log has them, with their proof; <code>countersign verify log</code> checks them too</li>
<li><code>approvals.json</code> each approval with what was signed and the signature (WebAuthn)</li><li><code>denials.json</code> each refused attempt with the gate that was missing</li><li><code>sessions.json</code> a receipt of each session that was opened</li><li><code>verify.mjs</code> the verifier of this page, for Node</li></ul>
<script type="module">${script}</script></body></html>
`
}
