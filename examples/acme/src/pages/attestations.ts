import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Acme } from '../acme.ts'
import {
  AttestationList,
  attestationKinds,
  attestationStatuses,
  getAttestation,
  Issue,
  issueAttestation,
  listAttestations,
  noteAttestation,
} from '../api/attestations.ts'
import { parse } from '../api/route.ts'
import { type Html, html } from './html.ts'
import { addForms, addViews, idOf } from './page.ts'
import { csrfField, day, more, pill, shell } from './shell.ts'
import type { Viewer } from './viewer.ts'

const IssueForm = Issue.omit({ claims: true }).extend({ valid_days: z.coerce.number().int().min(1).max(3650) })
const NoteForm = z.strictObject({ note: z.string().trim().max(2000) })

export function addAttestationPages(app: FastifyInstance, acme: Acme): void {
  const { database } = acme
  addViews(app, acme, [
    {
      url: '/attestations',
      scope: 'attestations:read',
      show: async ({ viewer, request }) => {
        const asked = parse(AttestationList, request.query)
        return list(viewer, asked.status, await listAttestations(database, viewer.caller, asked))
      },
    },
    { url: '/attestations/new', scope: 'attestations:read', show: async ({ viewer }) => issueForm(viewer) },
    {
      url: '/attestations/:id',
      scope: 'attestations:read',
      show: async ({ viewer, request }) => detail(viewer, await getAttestation(database, viewer.caller, idOf(request))),
    },
  ])
  addForms(app, acme, [
    {
      url: '/attestations',
      scope: 'attestations:write',
      save: async ({ viewer: { caller }, fields }) =>
        `/attestations/${await issueAttestation(acme, caller, { ...parse(IssueForm, fields), claims: {} })}`,
    },
    {
      url: '/attestations/:id',
      scope: 'attestations:write',
      save: async ({ viewer: { caller }, fields, request }) => {
        await noteAttestation(database, caller, idOf(request), parse(NoteForm, fields).note || null)
        return `/attestations/${idOf(request)}`
      },
    },
  ])
}

type Listed = Awaited<ReturnType<typeof listAttestations>>

function list(viewer: Viewer, status: string | undefined, { items, next_cursor }: Listed): Html {
  const tab = (to: string | undefined, name: string) =>
    html`<a data-swap href="/attestations${to !== undefined && `?status=${to}`}"${to === status && html` aria-current="true"`}>${name}</a>`
  return shell(viewer, {
    title: 'Attestations',
    at: '/attestations',
    actions: html`<a class="button" href="/attestations/new">New attestation</a>`,
    body: html`<div id="swap">
<nav class="tabs" aria-label="Status">${tab(undefined, 'All')}${attestationStatuses.map((one) => tab(one, one))}</nav>
<div class="wide"><table>
<thead><tr><th>Subject</th><th>Kind</th><th>Status</th><th>Issued</th><th>Valid until</th></tr></thead>
<tbody data-list>${items.map(
      (one) => html`<tr><td><a href="/attestations/${one.id}">${one.subject}</a></td><td>${one.kind}</td><td>${pill(one.status)}</td>
<td>${day(one.issued_at)}</td><td>${day(one.expires_at)}</td></tr>\n`,
    )}</tbody></table></div>
${items.length === 0 && html`<p class="hint">None.</p>`}
${more('/attestations', status === undefined ? {} : { status }, next_cursor)}
</div>`,
  })
}

const issueForm = (viewer: Viewer): Html =>
  shell(viewer, {
    title: 'New attestation',
    at: '/attestations',
    body: html`<form class="card" method="post" action="/attestations">
${csrfField(viewer)}
<label>What it is about <input name="subject" required maxlength="300" autofocus></label>
<label>Kind <select name="kind">${attestationKinds.map((kind) => html`<option>${kind}</option>`)}</select></label>
<label>Valid for, in days <input name="valid_days" type="number" min="1" max="3650" value="365" required></label>
<div class="row"><button>Issue</button><a class="button quiet" href="/attestations">Cancel</a></div>
</form>`,
  })

type Attestation = Awaited<ReturnType<typeof getAttestation>>

const detail = (viewer: Viewer, one: Attestation): Html =>
  shell(viewer, {
    title: one.subject,
    at: '/attestations',
    actions: html`${pill(one.status)}`,
    body: html`<div class="columns">
<section class="card"><h2>Statement</h2>
<dl><dt>Kind</dt><dd>${one.kind}</dd><dt>Issued</dt><dd>${day(one.issued_at)}</dd><dt>By</dt><dd><bdi>${one.issued_by}</bdi></dd>
<dt>Valid until</dt><dd>${day(one.expires_at)}</dd>${
      one.revoked_at && html`<dt>Revoked</dt><dd>${day(one.revoked_at)}: ${one.revoked_reason}</dd>`
    }</dl>
<pre>${JSON.stringify(one.statement, null, 2)}</pre>
<p class="hint">Signature <code>${one.signature.slice(0, 32)}…</code></p>
<p><a href="${viewer.address}/attestations/${one.id}">Link to share</a></p>
</section>
<section class="card"><h2>Note</h2>
<form method="post" action="/attestations/${one.id}">
${csrfField(viewer)}
<label>For ${viewer.tenant.name} alone; it is no part of what is signed <textarea name="note" rows="5" maxlength="2000">${one.note}</textarea></label>
<div class="row"><button>Save</button></div>
</form>
${
  one.status === 'valid' &&
  html`<h2>Revoke</h2>
<form data-revoke="/v1/attestations/${one.id}/revocation">
<label>Why <input name="reason" required minlength="3" maxlength="500"></label>
<div class="row"><button class="danger">Revoke</button></div>
</form>`
}</section>
</div>`,
  })
