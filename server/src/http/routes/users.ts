import { UserId } from '@countersign/contract/ids.ts'
import { FoundUsers, OpenUser, SearchUsers, UserPane } from '@countersign/contract/users.ts'
import { z } from 'zod'
import type { Connector } from '../../directory/connector.ts'
import { openUser } from '../../directory/open-user.ts'
import { searchUsers } from '../../directory/search-users.ts'
import { ctxOf, type Door } from '../door.ts'
import { problems } from '../fail.ts'

const tags = ['users']
const params = z.object({ user_id: UserId })

export const userRoutes = (app: Door, needs: { connector: Connector }): void => {
  app.get(
    '/api/users',
    {
      config: { access: searchUsers.may },
      schema: {
        tags,
        summary: 'Look users up over all tenants; recorded',
        querystring: SearchUsers,
        response: { 200: FoundUsers, ...problems },
      },
    },
    async (request) => searchUsers({ ...ctxOf(request), ...needs }, request.query),
  )
  app.get(
    '/api/users/:user_id',
    {
      config: { access: openUser.may },
      schema: {
        tags,
        summary: "A user's pane, read-only; opening it is an event",
        params,
        querystring: OpenUser,
        response: { 200: UserPane, ...problems },
      },
    },
    async (request) => openUser({ ...ctxOf(request), ...needs }, { user_id: request.params.user_id, ...request.query }),
  )
}
