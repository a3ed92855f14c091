import { ExportOverview, Overview, ReadOverview, ReadTenantHealth, TenantHealth } from '@countersign/contract/health.ts'
import { TenantId } from '@countersign/contract/ids.ts'
import { z } from 'zod'
import type { ConfigFile } from '../../config.ts'
import { exportOverview } from '../../health/export-overview.ts'
import { followOverview } from '../../health/follow-overview.ts'
import { getTenantHealth } from '../../health/get-tenant-health.ts'
import { readOverview } from '../../health/read-overview.ts'
import { requireStaff } from '../../identity/staff-session.ts'
import { ctxOf, type Door } from '../door.ts'
import { problems } from '../fail.ts'
import { lastSeen, newStreams, streamMessages } from './event-stream.ts'

const tags = ['health']
/** A person has some pages open, not a hundred. */
const mostStreams = 20

type Needs = { config: Pick<ConfigFile, 'health'>; publicUrl: string; closing: AbortSignal }

const messagesOf = async function* (versions: AsyncIterable<string>) {
  for await (const version of versions) yield { id: version, event: 'changed', data: { version } }
}

/** What tenants' traffic shows, for staff. */
export const healthRoutes = (app: Door, needs: Needs): void => {
  const streams = newStreams({ perOwner: mostStreams, inAll: 1_000, detail: `You have ${mostStreams} live pages open; close one.` })
  app.get(
    '/api/overview',
    {
      config: { access: readOverview.may },
      schema: {
        tags,
        summary: 'All tenants with their health: cards, and the rows that a filter shows, of one snapshot',
        querystring: ReadOverview,
        response: { 200: Overview, ...problems },
      },
    },
    async (request) => readOverview({ ...ctxOf(request), ...needs }, request.query),
  )
  app.get(
    '/api/overview/stream',
    {
      config: { access: followOverview.may, background: true },
      sse: 'manual',
      schema: {
        tags,
        summary: 'Tells when the overview has changed (server-sent events); resumes by Last-Event-ID',
        response: { 200: z.any().describe('text/event-stream: id = version, event = "changed", data = {version}'), ...problems },
      },
    },
    async (request, reply) => {
      const ctx = { ...ctxOf(request), ...needs }
      const seen = lastSeen(request)?.toString()
      const leave = streams.enter(ctx.principal.id)
      try {
        await streamMessages({
          reply,
          may: followOverview.may,
          closing: needs.closing,
          begin: async () => {
            const { version, versions } = await followOverview(ctx, seen)
            return { ready: { version }, messages: (signal) => messagesOf(versions(signal)) }
          },
          judge: () => requireStaff(ctx, request.raw.rawHeaders, { touch: false }),
        })
      } finally {
        leave()
      }
    },
  )
  app.get(
    '/api/overview.csv',
    {
      config: { access: exportOverview.may },
      schema: {
        tags,
        summary: 'All rows that a filter shows, as CSV (RFC 4180)',
        querystring: ExportOverview,
        response: { 200: z.any().describe('text/csv'), ...problems },
      },
    },
    async (request, reply) => {
      const text = await exportOverview({ ...ctxOf(request), ...needs }, request.query)
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="tenants.csv"')
        .serializer((body: unknown) => body as string)
        .send(text)
    },
  )
  app.get(
    '/api/tenants/:tenant_id/health',
    {
      config: { access: getTenantHealth.may },
      schema: {
        tags,
        summary: "One tenant's health: why, its traffic, and how it came about",
        params: z.object({ tenant_id: TenantId }),
        querystring: ReadTenantHealth,
        response: { 200: TenantHealth, ...problems },
      },
    },
    async (request) => getTenantHealth({ ...ctxOf(request), ...needs }, { ...request.params, ...request.query }),
  )
}
