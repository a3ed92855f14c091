import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Acme } from '../acme.ts'
import type { Database } from '../database/open.ts'
import { Problem } from '../problem.ts'
import { writeActivity } from './activity.ts'
import type { Caller } from './caller.ts'
import { listNewest } from './list.ts'
import { addRoutes, Page, parse } from './route.ts'

export const attestationKinds = ['document', 'device', 'build', 'person'] as const
export const attestationStatuses = ['valid', 'revoked', 'expired'] as const

export const AttestationList = Page.extend({ status: z.enum(attestationStatuses).optional() })

export const Issue = z.strictObject({
  kind: z.enum(attestationKinds),
  subject: z.string().trim().min(1).max(300),
  claims: z.record(z.string().max(100), z.union([z.string().max(1000), z.number(), z.boolean()])).default({}),
  valid_days: z.number().int().min(1).max(3650).default(365),
})

const Revoke = z.strictObject({ reason: z.string().trim().min(3).max(500) })

const columns = ['id', 'kind', 'subject', 'status', 'note', 'issued_by', 'issued_at', 'expires_at', 'revoked_at', 'revoked_reason'] as const

export async function getAttestation({ db }: Database, { tenantId }: Caller, id: string) {
  const found = await db
    .selectFrom('attestations')
    .select([...columns, 'statement', 'signature'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!found) throw new Problem('not_found', 'no such attestation')
  return found
}

export function listAttestations({ db }: Database, { tenantId }: Caller, { status, ...page }: z.infer<typeof AttestationList>) {
  const query = db.selectFrom('attestations').select(columns).where('tenant_id', '=', tenantId)
  return listNewest(status ? query.where('status', '=', status) : query, 'issued_at', page)
}

/** Signs a statement and keeps it. */
export async function issueAttestation(
  { database: { db }, signer }: Pick<Acme, 'database' | 'signer'>,
  caller: Caller,
  { kind, subject, claims, valid_days }: z.infer<typeof Issue>,
): Promise<string> {
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
        signature: signer.sign(statement),
        status: 'valid',
        note: null,
        issued_by: caller.actor,
        issued_at: issued,
        expires_at: expires,
        revoked_at: null,
        revoked_reason: null,
      })
      .execute()
    await writeActivity(tx, caller, 'attestation.issued', id)
  })
  return id
}

/** The organisation's own note beside a statement: no part of what is signed, so it may change. */
export async function noteAttestation({ db }: Database, caller: Caller, id: string, note: string | null): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const noted = await tx
      .updateTable('attestations')
      .set({ note })
      .where('tenant_id', '=', caller.tenantId)
      .where('id', '=', id)
      .executeTakeFirst()
    if (noted.numUpdatedRows === 0n) throw new Problem('not_found', 'no such attestation')
    await writeActivity(tx, caller, 'attestation.noted', id)
  })
}

export function addAttestations(app: FastifyInstance, acme: Acme): void {
  const { database } = acme

  addRoutes(app, acme, [
    {
      method: 'GET',
      url: '/v1/attestations',
      scope: 'attestations:read',
      handle: ({ caller, request }) => listAttestations(database, caller, parse(AttestationList, request.query)),
    },
    {
      method: 'GET',
      url: '/v1/attestations/:id',
      scope: 'attestations:read',
      handle: ({ caller, request }) => getAttestation(database, caller, (request.params as { id: string }).id),
    },
    {
      method: 'POST',
      url: '/v1/attestations',
      scope: 'attestations:write',
      handle: async ({ caller, request, reply }) => {
        const id = await issueAttestation(acme, caller, parse(Issue, request.body))
        reply.status(201)
        return getAttestation(database, caller, id)
      },
    },
    {
      method: 'POST',
      url: '/v1/attestations/:id/revocation',
      scope: 'attestations:write',
      handle: async ({ caller, request, reply }) => {
        const { reason } = parse(Revoke, request.body)
        const { id } = request.params as { id: string }
        await getAttestation(database, caller, id)
        await database.db.transaction().execute(async (tx) => {
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
        return getAttestation(database, caller, id)
      },
    },
  ])
}
