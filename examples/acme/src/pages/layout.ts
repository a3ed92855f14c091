import { assetPath } from './assets.ts'
import { type Html, html } from './html.ts'

/** Around the pages that need nobody to be signed in. It says on each that nothing here is real. */
export const layout = (title: string, body: Html): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Acme Attest</title>
<link rel="icon" href="${assetPath('logo.svg')}">
<link rel="stylesheet" href="${assetPath('acme.css')}">
<script type="module" src="${assetPath('acme.js')}"></script>
</head>
<body class="doorstep">
<header>
  <span><a class="brand" href="/"><img src="${assetPath('logo.svg')}" alt="" width="24" height="24">Acme Attest</a> <span class="hint">example product</span></span>
  <nav><a href="/dashboard">Dashboard</a> <a href="/account">Account</a> <a href="/mailbox">Mailbox</a> <a href="/support">Support calls</a> <a href="/dev">Developers</a></nav>
</header>
<main>
<h1>${title}</h1>
${body}
</main>
<footer>An example product with made-up people. Support for it works through Countersign, which stands beside it.</footer>
</body>
</html>
`
