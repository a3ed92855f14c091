import { type Html, html } from './html.ts'

/** Around every page. It says on each that nothing here is real. */
export const layout = (title: string, body: Html): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Acme Attest</title>
<link rel="stylesheet" href="/assets/acme.css">
<script type="module" src="/assets/acme.js"></script>
</head>
<body>
<header>
  <span><a class="brand" href="/">Acme Attest</a> <span class="hint">example product</span></span>
  <nav><a href="/account">Account</a> <a href="/mailbox">Mailbox</a> <a href="/support">Support calls</a> <a href="/dev">Developers</a></nav>
</header>
<main>
<h1>${title}</h1>
${body}
</main>
<footer>An example product with made-up people. Support for it works through Countersign, which stands beside it.</footer>
</body>
</html>
`
