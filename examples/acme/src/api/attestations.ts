import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Acme } from '../acme.ts'
import { Problem } from '../problem.ts'
import { writeActivity } from './activity.ts'
import { listNewest } from './list.ts'
import { addRoutes, Page, parse } from './route.ts'

const List = Page.extend({ status: z.enum(['valid', 'revoked', 'expired']).optional() })

const Issue = z.strictObject({
  kind: z.enum(['document', 'device', 'build', 'person']),
  subject: z.string().trim().min(1).max(300),
  claims: z.record(z.string().max(100), z.union([z.string().max(1000), z.number(), z.boolean()])).default({}),
  valid_days: z.number().int().min(1).max(3650).default(365),
})

const Revoke = z.strictObject({ reason: z.string().trim().min(3).max(500) })

const columns = ['id', 'kind', 'subject', 'status', 'issued_by', 'issued_at', 'expires_at', 'revoked_at', 'revoked_reason'] as const

export function addAttestations(app: FastifyInstance, acme: Acme): void {
  const { db } = acme.database

  const getAttestation = async (tenantId: string, id: string) => {
    const found = await db
      .selectFrom('attestations')
      .select([...columns, 'statement', 'signature'])
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .executeTakeFirst()
    if (!found) throw new Problem('not_found', 'no such attestation')
    return found
  }

  addRoutes(app, acme, [
    {
      method: 'GET',
      url: '/v1/attestations',
      scope: 'attestations:read',
      handle: async ({ caller, request }) => {
        const { status, ...page } = parse(List, request.query)
        let query = db.selectFrom('attestations').select(columns).where('tenant_id', '=', caller.tenantId)
        if (status) query = query.where('status', '=', status)
        return listNewest(query, 'issued_at', page)
      },
    },
    {
      method: 'GET',
      url: '/v1/attestations/:id',
      scope: 'attestations:read',
      handle: ({ caller, request }) => getAttestation(caller.tenantId, (request.params as { id: string }).id),
    },
    {
      method: 'POST',
      url: '/v1/attestations',
      scope: 'attestations:write',
      handle: async ({ caller, request, reply }) => {
        const { kind, subject, claims, valid_days } = parse(Issue, request.body)
        const issued = new Date()
        const expires = new Date(issued.getTime() + valid_days * 86_400_000)
        const id = `att_${randomBytes(10).toString('hex')}`
        const statement = { id, tenant: caller.tenantId, kind, subject, claims, issued_at: issued.toISOString() }
        await db.transaction().execute(async (tx) => {
          await tx
            .insertInto('attestations')
            .values({
              id,
              tenant_id: caller.tenantId,
              kind,
              subject,
              statement: JSON.stringify(statement),
              signature: acme.signer.sign(statement),
              status: 'valid',
              issued_by: caller.actor,
              issued_at: issued,
              expires_at: expires,
              revoked_at: null,
              revoked_reason: null,
            })
            .execute()
          await writeActivity(tx, caller, 'attestation.issued', id)
        })
        reply.status(201)
        return getAttestation(caller.tenantId, id)
      },
    },
    {
      method: 'POST',
      url: '/v1/attestations/:id/revocation',
      scope: 'attestations:write',
      handle: async ({ caller, request, reply }) => {
        const { reason } = parse(Revoke, request.body)
        const { id } = request.params as { id: string }
        await getAttestation(caller.tenantId, id)
        await db.transaction().execute(async (tx) => {
          const revoked = await tx
            .updateTable('attestations')
            .set({ status: 'revoked', revoked_at: new Date(), revoked_reason: reason })
            .where('tenant_id', '=', caller.tenantId)
            .where('id', '=', id)
            .where('status', '=', 'valid')
            .executeTakeFirst()
          if (revoked.numUpdatedRows === 0n) throw new Problem('conflict', 'only a valid attestation can be revoked')
          await writeActivity(tx, caller, 'attestation.revoked', id)
        })
        reply.status(201)
        return getAttestation(caller.tenantId, id)
      },
    },
  ])
}
