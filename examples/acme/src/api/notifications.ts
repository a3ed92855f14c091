import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import type { Acme } from '../acme.ts'
import { Problem } from '../problem.ts'
import type { Caller } from './caller.ts'
import { listNewest } from './list.ts'
import { addRoutes, Page, parse } from './route.ts'

const columns = ['id', 'user_id', 'title', 'body', 'created_at', 'read_at'] as const

export function addNotifications(app: FastifyInstance, acme: Acme): void {
  const { db } = acme.database

  /** A person's own; support that is not about one person sees the tenant's. */
  const ofCaller = (caller: Caller) => {
    const query = db.selectFrom('notifications').select(columns).where('tenant_id', '=', caller.tenantId)
    return caller.userId === undefined ? query : query.where('user_id', '=', caller.userId)
  }

  addRoutes(app, acme, [
    {
      method: 'GET',
      url: '/v1/notifications',
      scope: 'notifications:read',
      handle: ({ caller, request }) => listNewest(ofCaller(caller), 'created_at', parse(Page, request.query)),
    },
    {
      // A GET that changes something: opening a notification marks it as read. Its scope says so.
      method: 'GET',
      url: '/v1/notifications/:id',
      scope: 'notifications:write',
      handle: async ({ caller, request }) => {
        const { id } = request.params as { id: string }
        const found = await ofCaller(caller).where('id', '=', id).executeTakeFirst()
        if (!found) throw new Problem('not_found', 'no such notification')
        return db
          .updateTable('notifications')
          .set({ read_at: sql`coalesce(read_at, now())` })
          .where('tenant_id', '=', caller.tenantId)
          .where('id', '=', id)
          .returning(columns)
          .executeTakeFirstOrThrow()
      },
    },
  ])
}
