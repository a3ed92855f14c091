import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Acme } from '../acme.ts'
import { BillingChange, changeBilling, getBilling, listInvoices } from '../api/billing.ts'
import { requireManager } from '../api/caller.ts'
import { Page, parse } from '../api/route.ts'
import { Problem } from '../problem.ts'
import { type Html, html } from './html.ts'
import { addForms, addViews } from './page.ts'
import { csrfField, day, money, more, pill, shell } from './shell.ts'
import { isManager, type Viewer } from './viewer.ts'

const Fields = z.record(z.string(), z.string())

type Settings = Awaited<ReturnType<typeof getBilling>>

export function addBillingPages(app: FastifyInstance, acme: Acme): void {
  const { database } = acme
  addViews(app, acme, [
    {
      url: '/billing',
      scope: 'billing:read',
      show: async ({ viewer, request }) => {
        const invoices = await listInvoices(database, viewer.caller, parse(Page, request.query))
        return billing(viewer, await getBilling(database, viewer.caller).catch(unlessMissing), invoices)
      },
    },
  ])
  addForms(app, acme, [
    {
      url: '/billing',
      scope: 'billing:write',
      save: async ({ viewer: { caller }, fields }) => {
        requireManager(caller)
        const { tax_id, invoice_note, ...others } = parse(Fields, fields)
        await changeBilling(
          database,
          caller,
          parse(BillingChange, { ...others, tax_id: tax_id || null, invoice_note: invoice_note || null }),
        )
        return '/billing'
      },
    },
  ])
}

const unlessMissing = (error: unknown): undefined => {
  if (!(error instanceof Problem && error.code === 'not_found')) throw error
}

const billing = (viewer: Viewer, settings: Settings | undefined, { items, next_cursor }: Awaited<ReturnType<typeof listInvoices>>): Html =>
  shell(viewer, {
    title: 'Billing',
    at: '/billing',
    body: html`<div class="columns">
<section class="card"><h2>Invoices</h2><div class="wide"><table>
<thead><tr><th>Number</th><th>Month</th><th class="end">Amount</th><th>Status</th></tr></thead>
<tbody data-list>${items.map(
      (one) => html`<tr><td>${one.number}</td><td>${one.period}</td><td class="end">${money(one.amount_cents, one.currency)}</td>
<td>${pill(one.status)}</td></tr>\n`,
    )}</tbody></table></div>
${items.length === 0 && html`<p class="hint">None yet.</p>`}${more('/billing', {}, next_cursor)}</section>
<section class="card"><h2>Where they go</h2>${settings ? form(viewer, settings) : html`<p class="hint">Not set up yet.</p>`}</section>
</div>`,
  })

const form = (viewer: Viewer, settings: Settings): Html => {
  const locked = !isManager(viewer) && html` readonly`
  return html`<form method="post" action="/billing">
${csrfField(viewer)}
<label>Company <input name="company" value="${settings.company}" required${locked}></label>
<label>E-mail <input name="billing_email" type="email" value="${settings.billing_email}" required${locked}></label>
<label>Address <input name="address" value="${settings.address}" required${locked}></label>
<label>Tax number <input name="tax_id" value="${settings.tax_id}"${locked}></label>
<label>Note on each invoice <input name="invoice_note" value="${settings.invoice_note}"${locked}></label>
<p class="hint">Paid by ${settings.payment_method}. Changed ${day(settings.updated_at)}.</p>
${locked ? html`<p class="hint">Owners and admins can change this.</p>` : html`<div class="row"><button>Save</button></div>`}
</form>`
}
