import { EventPage, ListEvents, ListTenantEvents, LogStatus } from '@countersign/contract/events.ts'
import { auditRoles } from '@countersign/contract/staff.ts'
import { parseCursor } from '../../audit/cursor.ts'
import { listEvents, listTenantEvents } from '../../audit/list.ts'
import { recordRead } from '../../audit/read.ts'
import { type Door, readerOf, staffOf, tenantOf } from '../door.ts'
import { problems } from '../fail.ts'
import { auditStreamRoute, type StreamNeeds } from './audit-stream.ts'

const tags = ['audit']

export const auditRoutes = (app: Door, needs: StreamNeeds): void => {
  app.get(
    '/api/audit',
    {
      config: { access: auditRoles },
      schema: {
        tags,
        summary: 'Events, newest first; filters combine',
        querystring: ListEvents,
        response: { 200: EventPage, ...problems },
      },
    },
    async (request) => {
      const { cursor, limit, ...filters } = request.query
      await recordRead(needs, readerOf(staffOf(request)), filters, cursor === undefined ? undefined : { before: parseCursor(cursor) })
      return listEvents(needs.store, filters, { cursor, limit })
    },
  )
  auditStreamRoute(app, needs)
  app.get(
    '/api/log',
    { config: { access: auditRoles }, schema: { tags, summary: 'State of the log', response: { 200: LogStatus, ...problems } } },
    async () => needs.logStatus(),
  )
  app.get(
    '/v1/audit',
    {
      config: { access: { permission: 'audit:read' } },
      schema: {
        tags: ['tenant'],
        summary: "The tenant's own events, newest first",
        querystring: ListTenantEvents,
        response: { 200: EventPage, ...problems },
      },
    },
    async (request) => {
      const { cursor, limit, ...filters } = request.query
      return listTenantEvents(needs.store, tenantOf(request).tenant_id, filters, { cursor, limit })
    },
  )
}
