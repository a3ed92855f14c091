import { UserId } from '@countersign/contract/ids.ts'
import { consoleRoles } from '@countersign/contract/staff.ts'
import { FoundUsers, OpenUser, SearchUsers, UserPane } from '@countersign/contract/users.ts'
import { z } from 'zod'
import type { LookUpNeeds } from '../../directory/look-up.ts'
import { openUser } from '../../directory/open-user.ts'
import { searchUsers } from '../../directory/search-users.ts'
import { type Door, staffOf } from '../door.ts'
import { problems } from '../fail.ts'

const access = consoleRoles
const tags = ['users']
const params = z.object({ user_id: UserId })

export const userRoutes = (app: Door, needs: LookUpNeeds): void => {
  app.get(
    '/api/users',
    {
      config: { access },
      schema: {
        tags,
        summary: 'Look users up over all tenants; recorded',
        querystring: SearchUsers,
        response: { 200: FoundUsers, ...problems },
      },
    },
    async (request) => searchUsers(needs, staffOf(request), request.query),
  )
  app.get(
    '/api/users/:user_id',
    {
      config: { access },
      schema: {
        tags,
        summary: "A user's pane, read-only; opening it is an event",
        params,
        querystring: OpenUser,
        response: { 200: UserPane, ...problems },
      },
    },
    async (request) => openUser(needs, staffOf(request), { user_id: request.params.user_id, ...request.query }),
  )
}
