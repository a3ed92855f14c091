import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Acme } from '../acme.ts'
import { Problem } from '../problem.ts'
import { writeActivity } from './activity.ts'
import { requireManager } from './caller.ts'
import { listNewest } from './list.ts'
import { addRoutes, Page, parse } from './route.ts'

const Change = z
  .strictObject({
    billing_email: z.email().max(320),
    company: z.string().trim().min(1).max(300),
    address: z.string().trim().min(1).max(500),
    tax_id: z.string().trim().max(60).nullable(),
    invoice_note: z.string().trim().max(500).nullable(),
  })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'nothing to change')

export function addBilling(app: FastifyInstance, acme: Acme): void {
  const { db } = acme.database

  const getSettings = async (tenantId: string) => {
    const found = await db.selectFrom('billing_settings').selectAll().where('tenant_id', '=', tenantId).executeTakeFirst()
    if (!found) throw new Problem('not_found', 'billing is not set up yet')
    return found
  }

  addRoutes(app, acme, [
    {
      method: 'GET',
      url: '/v1/billing/settings',
      scope: 'billing:read',
      handle: ({ caller }) => getSettings(caller.tenantId),
    },
    {
      method: 'PATCH',
      url: '/v1/billing/settings',
      scope: 'billing:write',
      handle: async ({ caller, request }) => {
        requireManager(caller)
        const change = parse(Change, request.body)
        await getSettings(caller.tenantId)
        await db.transaction().execute(async (tx) => {
          await tx
            .updateTable('billing_settings')
            .set({ ...change, updated_at: new Date() })
            .where('tenant_id', '=', caller.tenantId)
            .execute()
          await writeActivity(tx, caller, 'billing.changed', Object.keys(change).join(','))
        })
        return getSettings(caller.tenantId)
      },
    },
    {
      method: 'GET',
      url: '/v1/billing/invoices',
      scope: 'billing:read',
      handle: ({ caller, request }) =>
        listNewest(
          db
            .selectFrom('invoices')
            .select(['id', 'number', 'period', 'amount_cents', 'currency', 'status', 'issued_at'])
            .where('tenant_id', '=', caller.tenantId),
          'issued_at',
          parse(Page, request.query),
        ),
    },
  ])
}
