import { createHash } from 'node:crypto'
import { errorCatalogue } from '@countersign/contract/errors.ts'
import { runnerBytesMaximum, runnerGreeting } from '@countersign/contract/runner.ts'
import { enterPath, reservedPrefix } from '@countersign/contract/views.ts'
import type { Refusal } from '../../errors.ts'

/** A page of ours inside the frame, with the sources that its policy lets run. */
export type Page = { html: Buffer; script?: string; style?: string; connect?: "'self'" }

const sourceOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1.5rem;color:#1f2933;background:#fff}h1{font-size:1.25rem}p{margin:.5rem 0}small{color:#61707f}@media(prefers-color-scheme:dark){body{color:#e4e7eb;background:#16191d}small{color:#9aa5b1}}'
const styleSource = sourceOf(style)

const document = (title: string, body: string, head = ''): Buffer =>
  Buffer.from(
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>${title}</title>${head}</head>${body}</html>`,
  )

// What its parent says is believed where it is the console. The code leaves in the body of a form, so it never stands in an address; where
// there is no page to go on to, without a step more in the browser's history.
const enterScript = `
const { console: owner, browser } = document.body.dataset
const enter = async (body) => {
  const answer = await fetch('${enterPath}', { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: body.toString() })
  parent.postMessage(answer.ok ? { countersign: 'entered' } : { countersign: 'refused', code: (await answer.json()).code }, owner)
}
addEventListener('message', (event) => {
  if (event.source !== parent || event.origin !== owner || event.data?.countersign !== 'enter') return
  if (event.data.path === null) return enter(new URLSearchParams({ code: event.data.code, path: '' }))
  const { code, path } = document.forms[0].elements
  code.value = event.data.code
  path.value = event.data.path
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
  connect: "'self'",
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

const refusedScript = `
const { console: owner, code } = document.body.dataset
parent.postMessage({ countersign: 'refused', code }, owner)
`
const refusedSource = sourceOf(refusedScript)

/** A refusal where a person is looking: in place of the page that was asked for. The console that frames it hears of it, too. */
export const problemPage = (refusal: Refusal, requestId: string, console?: string): Page => {
  const { title, hint } = errorCatalogue[refusal.code]
  const { detail, scope } = refusal.facts
  const lines = [
    ...(detail === undefined ? [] : [detail]),
    scope === undefined ? hint : `It needs the scope ${scope}. Nothing was changed in the product.`,
  ]
  const told = console === undefined ? '' : ` data-console="${escapeHtml(console)}" data-code="${refusal.code}"`
  return {
    html: document(
      escapeHtml(title),
      `<body${told}><h1>${escapeHtml(title)}</h1>${lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('')}<p><small>${refusal.code} · ${requestId}</small></p>${console === undefined ? '' : `<script>${refusedScript}</script>`}</body>`,
      `<style>${style}</style>`,
    ),
    style: styleSource,
    script: refusedSource,
  }
}

// A path of this origin, and no page of ours: nothing that stands behind the mark leads anywhere else. It stays where it leads to no page
// (a file to save, an answer without content), and is asked for the next path then.
const openScript = `
const said = document.querySelector('p')
const open = () => {
  const path = location.hash.slice(1)
  said.hidden = true
  const to = path.startsWith('/') && new URL(path, location.origin)
  if (!to || to.origin !== location.origin || to.pathname.startsWith('${reservedPrefix}')) return
  location.replace(to)
  setTimeout(() => { said.hidden = false }, 3000)
}
addEventListener('hashchange', open)
open()
`
const openSource = sourceOf(openScript)

export const openPage: Page = {
  html: document(
    'Opening',
    `<body><p hidden>Waiting for the page. A file to save does not open here: a view saves nothing.</p><script>${openScript}</script></body>`,
    `<style>${style}</style>`,
  ),
  script: openSource,
  style: styleSource,
}

// The console alone gives it an end of a channel, and what is sent goes to this origin alone.
const runnerScript = `
const { console: owner, most } = document.body.dataset
const read = async (stream) => {
  const reader = stream.getReader()
  const chunks = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return { bytes: await new Blob(chunks).bytes(), is_cut: false }
    const room = Number(most) - size
    chunks.push(value.subarray(0, room))
    size += value.length
    if (size > Number(most)) {
      void reader.cancel()
      return { bytes: await new Blob(chunks).bytes(), is_cut: true }
    }
  }
}
const textOf = (bytes, is_cut) => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: is_cut })
  } catch {
    return undefined
  }
}
const ask = async ({ method, path, headers, body }) => {
  try {
    const answer = await fetch(path, { method, headers, body, cache: 'no-store' })
    const { bytes, is_cut } = answer.body ? await read(answer.body) : { bytes: new Uint8Array(), is_cut: false }
    const text = textOf(bytes, is_cut)
    return { status: answer.status, headers: [...answer.headers], body: text ?? '', bytes: bytes.length, is_cut, is_text: text !== undefined }
  } catch {
    return { status: 0, headers: [], body: '', bytes: 0, is_cut: false, is_text: true }
  }
}
addEventListener('message', ({ source, origin, data, ports: [port] }) => {
  if (source !== parent || origin !== owner || data?.countersign !== '${runnerGreeting}' || !port) return
  port.onmessage = async ({ data: request }) => {
    const began = performance.now()
    const answer = await ask(request)
    port.postMessage({ id: request.id, ...answer, duration_ms: performance.now() - began })
  }
})
`
const runnerSource = sourceOf(runnerScript)

/** Sends the requests of the console's request runner, as a page of the product would. */
export const runnerPage = (console: string): Page => ({
  html: document(
    'Request runner',
    `<body data-console="${escapeHtml(console)}" data-most="${runnerBytesMaximum}"><script>${runnerScript}</script></body>`,
  ),
  script: runnerSource,
  connect: "'self'",
})
