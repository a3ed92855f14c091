import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Acme } from '../acme.ts'
import { Problem } from '../problem.ts'
import { writeActivity } from './activity.ts'
import { exportLines, paced } from './exportlines.ts'
import { listNewest } from './list.ts'
import { addRoutes, Page, parse } from './route.ts'

const Request = z.strictObject({
  kind: z.enum(['attestations', 'members', 'activity']),
  format: z.enum(['csv', 'ndjson']).default('csv'),
})

const Download = z.object({ rate: z.coerce.number().int().min(1).max(100_000_000).optional().describe('Bytes per second') })

const columns = ['id', 'kind', 'format', 'requested_by', 'created_at'] as const

export function addExports(app: FastifyInstance, acme: Acme): void {
  const { db } = acme.database

  /** Some tenants' storage is in trouble, as it happens. */
  const requireStorage = async (tenantId: string) => {
    const incident = await db.selectFrom('storage_incidents').select('failing_share').where('tenant_id', '=', tenantId).executeTakeFirst()
    if (incident && Math.random() < incident.failing_share) {
      throw new Problem('export_store_unavailable', 'the export storage of this region does not answer')
    }
  }

  addRoutes(app, acme, [
    {
      method: 'GET',
      url: '/v1/exports',
      scope: 'exports:read',
      handle: ({ caller, request }) =>
        listNewest(
          db.selectFrom('exports').select(columns).where('tenant_id', '=', caller.tenantId),
          'created_at',
          parse(Page, request.query),
        ),
    },
    {
      method: 'POST',
      url: '/v1/exports',
      scope: 'exports:write',
      handle: async ({ caller, request, reply }) => {
        const { kind, format } = parse(Request, request.body)
        await requireStorage(caller.tenantId)
        const id = `exp_${randomBytes(10).toString('hex')}`
        await db.transaction().execute(async (tx) => {
          await tx
            .insertInto('exports')
            .values({ id, tenant_id: caller.tenantId, kind, format, requested_by: caller.actor, created_at: new Date() })
            .execute()
          await writeActivity(tx, caller, 'export.requested', id)
        })
        reply.status(201)
        return db.selectFrom('exports').select(columns).where('id', '=', id).executeTakeFirstOrThrow()
      },
    },
    {
      method: 'GET',
      url: '/v1/exports/:id/download',
      scope: 'exports:read',
      handle: async ({ caller, request, reply }) => {
        const { rate } = parse(Download, request.query)
        const found = await db
          .selectFrom('exports')
          .select(columns)
          .where('tenant_id', '=', caller.tenantId)
          .where('id', '=', (request.params as { id: string }).id)
          .executeTakeFirst()
        if (!found) throw new Problem('not_found', 'no such export')
        const lines = exportLines(db, caller.tenantId, found)
        reply.header('content-type', found.format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson')
        reply.header('content-disposition', `attachment; filename="${found.kind}-${found.id}.${found.format}"`)
        return reply.send(Readable.from(rate === undefined ? lines : paced(lines, rate), { objectMode: false }))
      },
    },
  ])
}
