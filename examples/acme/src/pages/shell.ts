import { assetPath, avatarPath } from './assets.ts'
import { type Html, html } from './html.ts'
import type { Viewer } from './viewer.ts'

const places = [
  ['/dashboard', 'Dashboard'],
  ['/attestations', 'Attestations'],
  ['/members', 'Members'],
  ['/billing', 'Billing'],
  ['/notifications', 'Notifications'],
  ['/settings', 'Settings'],
] as const

export type Shown = { title: string; at: (typeof places)[number][0]; body: Html; scripts?: readonly string[]; actions?: Html }

/** Around every page of those who are signed in. */
export const shell = (viewer: Viewer, { title, at, body, scripts = [], actions }: Shown): Html => {
  const { tenant, person, unread, csrf, theme } = viewer
  const other = theme === 'dark' ? 'light' : 'dark'
  return html`<!doctype html>
<html lang="en"${theme !== undefined && html` data-theme="${theme}"`}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="csrf" content="${csrf}">
<title>${title} · Acme Attest</title>
<link rel="icon" href="${assetPath('logo.svg')}">
<link rel="stylesheet" href="${assetPath('acme.css')}">
${['app.js', ...scripts].map((script) => html`<script type="module" src="${assetPath(script)}"></script>\n`)}</head>
<body class="shell">
<a class="skip" href="#main">Skip to the content</a>
<header class="rail">
  <a class="brand" href="/dashboard"><img src="${assetPath('logo.svg')}" alt="" width="28" height="28">Acme Attest</a>
  <nav class="places" aria-label="Acme">${places.map(
    ([path, name]) =>
      html`<a href="${path}"${path === at && html` aria-current="page"`}>${name}${path === '/notifications' && unread > 0 && html` <span class="count" id="unread">${unread}</span>`}</a>`,
  )}</nav>
  <p class="tenant">${tenant.name}<span>${tenant.plan ?? 'no'} plan</span></p>
</header>
<div class="page">
<div class="bar">
  <span class="presence" id="presence" hidden></span>
  <a class="tool" href="/theme?to=${other}&amp;back=${encodeURIComponent(at)}">${other === 'dark' ? 'Dark' : 'Light'}</a>
  ${person && html`<a class="who" href="/account"><img src="${avatarPath(person.id)}" alt="" width="28" height="28"><bdi>${person.name}</bdi></a>`}
  <form method="post" action="/sign-out"><input type="hidden" name="_csrf" value="${csrf}"><button class="tool">Sign out</button></form>
</div>
${viewer.caller.kind === 'support' && supportNote(viewer)}
<main id="main">
<div class="title"><h1>${title}</h1>${actions}</div>
<p role="alert" id="trouble"></p>
${body}
</main>
</div>
</body>
</html>
`
}

const supportNote = ({ caller, person, tenant }: Viewer): Html =>
  html`<p class="support" role="note"><strong>Support is looking.</strong> <bdi>${caller.actor.replace('support:', '')}</bdi> sees this ${
    person ? html`as <bdi>${person.name}</bdi> does, without signing in as them` : html`for ${tenant.name}, as nobody in particular`
  }.</p>`

export const csrfField = ({ csrf }: Viewer): Html => html`<input type="hidden" name="_csrf" value="${csrf}">`

export const pill = (status: string): Html => html`<span class="pill ${status}">${status}</span>`

const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })
export const day = (at: Date | null): Html =>
  at === null ? html`<span class="hint">never</span>` : html`<time datetime="${at.toISOString()}">${dayFormat.format(at)}</time>`

export const money = (cents: number, currency: string): string =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).format(cents / 100)

/** The way to the next page of a list; a script follows it as soon as it is in sight. */
export const more = (path: string, query: Record<string, string | undefined>, cursor: string | null): Html | null => {
  if (cursor === null) return null
  const search = new URLSearchParams({ ...query, cursor } as Record<string, string>)
  return html`<a class="more" data-more href="${path}?${search.toString()}">More</a>`
}
