import { DestinationList, DestinationState, DestinationTest, ReplayDestination } from '@countersign/contract/feed.ts'
import { z } from 'zod'
import { listDestinations } from '../../feed/list.ts'
import { replayDestination } from '../../feed/replay.ts'
import { type TestNeeds, testDestination } from '../../feed/test.ts'
import { ctxOf, type Door } from '../door.ts'
import { problems } from '../fail.ts'

const tags = ['delivery']
const params = z.object({ name: z.string().max(100).describe('Name of the destination in the configuration') })

/** Delivery to where the configuration says. No route makes or changes a destination. */
export const destinationRoutes = (app: Door, needs: TestNeeds): void => {
  app.get(
    '/api/destinations',
    {
      config: { access: listDestinations.may },
      schema: { tags, summary: 'Destinations of events, and how delivery goes', response: { 200: DestinationList, ...problems } },
    },
    async (request) => ({ items: await listDestinations({ ...ctxOf(request), ...needs }) }),
  )
  app.post(
    '/api/destinations/:name/replay',
    {
      config: { access: replayDestination.may },
      schema: {
        tags,
        summary: 'Deliver everything from a place in the log on again',
        params,
        body: ReplayDestination,
        response: { 200: DestinationState, ...problems },
      },
    },
    async (request) => replayDestination({ ...ctxOf(request), ...needs }, { name: request.params.name, ...request.body }),
  )
  app.post(
    '/api/destinations/:name/test',
    {
      config: { access: testDestination.may },
      schema: { tags, summary: 'Send one event to a destination now', params, response: { 200: DestinationTest, ...problems } },
    },
    async (request) => testDestination({ ...ctxOf(request), ...needs }, request.params.name),
  )
}
