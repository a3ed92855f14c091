import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import type { Acme } from '../acme.ts'
import type { Database } from '../database/open.ts'
import { Problem } from '../problem.ts'
import type { Caller } from './caller.ts'
import { addRoutes } from './route.ts'

export type Summary = {
  id: string
  name: string
  status: string
  plan: string | null
  region: string | null
  created_at: Date
  members: number
  attestations: number
  valid_attestations: number
  unpaid_invoices: number
  last_activity_at: Date | null
}

export async function getSummary({ db }: Database, { tenantId: id }: Caller): Promise<Summary> {
  const found = await sql<Summary>`
    SELECT id, name, status, plan, region, "createdAt" AS created_at,
      (SELECT count(*)::int FROM member WHERE "organizationId" = ${id}) AS members,
      (SELECT count(*)::int FROM attestations WHERE tenant_id = ${id}) AS attestations,
      (SELECT count(*)::int FROM attestations WHERE tenant_id = ${id} AND status = 'valid') AS valid_attestations,
      (SELECT count(*)::int FROM invoices WHERE tenant_id = ${id} AND status <> 'paid') AS unpaid_invoices,
      (SELECT max(at) FROM activity WHERE tenant_id = ${id}) AS last_activity_at
    FROM organization WHERE id = ${id}`.execute(db)
  const [summary] = found.rows
  if (!summary) throw new Problem('not_found', 'no such tenant')
  return summary
}

export function addTenant(app: FastifyInstance, acme: Acme): void {
  const { db } = acme.database

  addRoutes(app, acme, [
    {
      method: 'GET',
      url: '/v1/tenants/:tenant_id/summary',
      scope: 'tenant:read',
      handle: async ({ caller, request }) => {
        const { tenant_id } = request.params as { tenant_id: string }
        // Another tenant's page is not found, not forbidden: whether it exists is nobody's business.
        if (tenant_id !== caller.tenantId) throw new Problem('not_found', 'no such tenant')
        return getSummary(acme.database, caller)
      },
    },
    {
      method: 'GET',
      url: '/v1/usage',
      scope: 'usage:read',
      handle: async ({ caller }) => {
        const found = await sql<{ day: string; issued: number; revoked: number; exports: number }>`
          SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day,
            count(*) FILTER (WHERE action = 'attestation.issued')::int AS issued,
            count(*) FILTER (WHERE action = 'attestation.revoked')::int AS revoked,
            count(*) FILTER (WHERE action = 'export.requested')::int AS exports
          FROM activity WHERE tenant_id = ${caller.tenantId} AND at > now() - interval '30 days'
          GROUP BY 1 ORDER BY 1`.execute(db)
        return { days: found.rows }
      },
    },
  ])
}
