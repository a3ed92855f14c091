import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Acme } from '../acme.ts'
import type { Database } from '../database/open.ts'
import { Problem } from '../problem.ts'
import { writeActivity } from './activity.ts'
import { type Caller, requireManager } from './caller.ts'
import { listNewest } from './list.ts'
import { addRoutes, Page, parse } from './route.ts'

export const BillingChange = z
  .strictObject({
    billing_email: z.email().max(320),
    company: z.string().trim().min(1).max(300),
    address: z.string().trim().min(1).max(500),
    tax_id: z.string().trim().max(60).nullable(),
    invoice_note: z.string().trim().max(500).nullable(),
  })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'nothing to change')

export async function getBilling({ db }: Database, { tenantId }: Caller) {
  const found = await db.selectFrom('billing_settings').selectAll().where('tenant_id', '=', tenantId).executeTakeFirst()
  if (!found) throw new Problem('not_found', 'billing is not set up yet')
  return found
}

export async function changeBilling(database: Database, caller: Caller, change: z.infer<typeof BillingChange>): Promise<void> {
  await getBilling(database, caller)
  await database.db.transaction().execute(async (tx) => {
    await tx
      .updateTable('billing_settings')
      .set({ ...change, updated_at: new Date() })
      .where('tenant_id', '=', caller.tenantId)
      .execute()
    await writeActivity(tx, caller, 'billing.changed', Object.keys(change).join(','))
  })
}

export const listInvoices = ({ db }: Database, { tenantId }: Caller, page: z.infer<typeof Page>) =>
  listNewest(
    db
      .selectFrom('invoices')
      .select(['id', 'number', 'period', 'amount_cents', 'currency', 'status', 'issued_at'])
      .where('tenant_id', '=', tenantId),
    'issued_at',
    page,
  )

export function addBilling(app: FastifyInstance, acme: Acme): void {
  const { database } = acme

  addRoutes(app, acme, [
    {
      method: 'GET',
      url: '/v1/billing/settings',
      scope: 'billing:read',
      handle: ({ caller }) => getBilling(database, caller),
    },
    {
      method: 'PATCH',
      url: '/v1/billing/settings',
      scope: 'billing:write',
      handle: async ({ caller, request }) => {
        requireManager(caller)
        await changeBilling(database, caller, parse(BillingChange, request.body))
        return getBilling(database, caller)
      },
    },
    {
      method: 'GET',
      url: '/v1/billing/invoices',
      scope: 'billing:read',
      handle: ({ caller, request }) => listInvoices(database, caller, parse(Page, request.query)),
    },
  ])
}
