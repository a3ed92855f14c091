import { createHash } from 'node:crypto'
import { errorCatalogue } from '@countersign/contract/errors.ts'
import { enterPath } from '@countersign/contract/views.ts'
import type { Refusal } from '../../errors.ts'

/** A page of ours inside the frame, with the sources that its policy lets run. */
export type Page = { html: Buffer; script?: string; style?: string }

const sourceOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1.5rem;color:#1f2933;background:#fff}h1{font-size:1.25rem}p{margin:.5rem 0}small{color:#61707f}@media(prefers-color-scheme:dark){body{color:#e4e7eb;background:#16191d}small{color:#9aa5b1}}'
const styleSource = sourceOf(style)

const document = (title: string, body: string, head = ''): Buffer =>
  Buffer.from(
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>${title}</title>${head}</head>${body}</html>`,
  )

// What its parent says is believed where it is the console. The code leaves in the body of a form, so it never stands in an address.
const enterScript = `
const { console: owner, browser } = document.body.dataset
addEventListener('message', (event) => {
  if (event.source !== parent || event.origin !== owner || event.data?.countersign !== 'enter') return
  const { code, path } = document.forms[0].elements
  code.value = event.data.code
  path.value = event.data.path ?? ''
  document.forms[0].submit()
})
parent.postMessage({ countersign: 'ready', browser }, owner)
`
const enterSource = sourceOf(enterScript)

/** Tells the console that frames it how this browser is known, waits for a code, and sends it. */
export const enterPage = (console: string, browser: string): Page => ({
  html: document(
    'Stepping in',
    `<body data-console="${escapeHtml(console)}" data-browser="${browser}"><form method="post" action="${enterPath}"><input type="hidden" name="code"><input type="hidden" name="path"></form><script>${enterScript}</script></body>`,
  ),
  script: enterSource,
})

const enteredScript = `
parent.postMessage({ countersign: 'entered' }, document.body.dataset.console)
`
const enteredSource = sourceOf(enteredScript)

/** Tells the console that this origin was entered, and shows nothing. */
export const enteredPage = (console: string): Page => ({
  html: document('Stepping in', `<body data-console="${escapeHtml(console)}"><script>${enteredScript}</script></body>`),
  script: enteredSource,
})

/** A refusal where a person is looking: in place of the page that was asked for. */
export const problemPage = (refusal: Refusal, requestId: string): Page => {
  const { title, hint } = errorCatalogue[refusal.code]
  const { detail, scope } = refusal.facts
  const lines = [...(detail === undefined ? [] : [detail]), ...(scope === undefined ? [] : [`It needs the scope ${scope}.`]), hint]
  return {
    html: document(
      escapeHtml(title),
      `<body><h1>${escapeHtml(title)}</h1>${lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('')}<p><small>${refusal.code} · ${requestId}</small></p></body>`,
      `<style>${style}</style>`,
    ),
    style: styleSource,
  }
}
