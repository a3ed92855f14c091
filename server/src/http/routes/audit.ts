import { CountEvents, EventCount, EventPage, ListEvents, LogStatus } from '@countersign/contract/events.ts'
import { Insights, ReadInsights } from '@countersign/contract/insights.ts'
import { countAll } from '../../events/count.ts'
import { readInsights } from '../../events/insights.ts'
import { readEvents } from '../../events/read.ts'
import { readStatus } from '../../events/status.ts'
import { ctxOf, type Door } from '../door.ts'
import { problems } from '../fail.ts'
import { auditStreamRoute, type StreamNeeds } from './audit-stream.ts'
import { tenantAuditRoutes } from './tenant-audit.ts'

const tags = ['audit']

export const auditRoutes = (app: Door, needs: StreamNeeds): void => {
  app.get(
    '/api/audit',
    {
      config: { access: readEvents.may },
      schema: {
        tags,
        summary: 'Events, newest first; filters combine',
        querystring: ListEvents,
        response: { 200: EventPage, ...problems },
      },
    },
    async (request) => readEvents({ ...ctxOf(request), ...needs }, request.query),
  )
  auditStreamRoute(app, needs)
  app.get(
    '/api/insights',
    {
      config: { access: readInsights.may },
      schema: {
        tags,
        summary: 'What support did by week, counted from the log',
        querystring: ReadInsights,
        response: { 200: Insights, ...problems },
      },
    },
    async (request) => readInsights({ ...ctxOf(request), ...needs }, request.query),
  )
  app.get(
    '/api/log',
    { config: { access: readStatus.may }, schema: { tags, summary: 'State of the log', response: { 200: LogStatus, ...problems } } },
    async (request) => readStatus({ ...ctxOf(request), ...needs }),
  )
  app.get(
    '/api/audit/count',
    {
      config: { access: countAll.may },
      schema: {
        tags,
        summary: 'How many events match: about, where they are many',
        querystring: CountEvents,
        response: { 200: EventCount, ...problems },
      },
    },
    async (request) => countAll({ ...ctxOf(request), ...needs }, request.query),
  )
  tenantAuditRoutes(app, needs)
}
