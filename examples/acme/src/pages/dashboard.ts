import { listAttestations } from '../api/attestations.ts'
import { getSummary } from '../api/tenant.ts'
import type { Database } from '../database/open.ts'
import { type Html, html } from './html.ts'
import { day, pill, shell } from './shell.ts'
import type { Viewer } from './viewer.ts'

const latest = 6

/** Figures at once; the chart, the activity and who is here come by script. */
export async function dashboard(database: Database, viewer: Viewer): Promise<Html> {
  const summary = await getSummary(database, viewer.caller)
  const { items } = await listAttestations(database, viewer.caller, { limit: latest })
  const figures: [string, number, string][] = [
    ['Valid attestations', summary.valid_attestations, '/attestations?status=valid'],
    ['All attestations', summary.attestations, '/attestations'],
    ['Members', summary.members, '/members'],
    ['Unpaid invoices', summary.unpaid_invoices, '/billing'],
  ]
  return shell(viewer, {
    title: 'Dashboard',
    at: '/dashboard',
    scripts: ['dashboard.js'],
    actions: html`<a class="button" href="/attestations/new">New attestation</a>`,
    body: html`<ul class="figures">${figures.map(
      ([name, value, path]) => html`<li><a href="${path}"><span>${name}</span><strong>${value.toLocaleString('en')}</strong></a></li>`,
    )}</ul>
<div class="columns">
<section class="card"><h2>Issued in the last 30 days</h2><div class="chart" id="chart" role="img" aria-label="Attestations issued, by day"></div></section>
<section class="card"><h2>Happening now</h2><ol class="feed" id="feed" aria-live="polite"></ol><p class="hint" id="feed-state">Connecting …</p></section>
</div>
<section class="card"><h2>Newest attestations</h2><ul class="plain">${items.map(
      ({ id, subject, status, issued_at }) =>
        html`<li><a href="/attestations/${id}">${subject}</a> ${pill(status)} <span class="hint">${day(issued_at)}</span></li>`,
    )}</ul>${items.length === 0 && html`<p class="hint">None yet.</p>`}</section>`,
  })
}
