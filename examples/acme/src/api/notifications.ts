import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import type { z } from 'zod'
import type { Acme } from '../acme.ts'
import type { Database } from '../database/open.ts'
import { Problem } from '../problem.ts'
import type { Caller } from './caller.ts'
import { listNewest } from './list.ts'
import { addRoutes, Page, parse } from './route.ts'

const columns = ['id', 'user_id', 'title', 'body', 'created_at', 'read_at'] as const

/** A person's own; support that is not about one person sees the tenant's. */
function ofCaller({ db }: Database, caller: Caller) {
  const query = db.selectFrom('notifications').select(columns).where('tenant_id', '=', caller.tenantId)
  return caller.userId === undefined ? query : query.where('user_id', '=', caller.userId)
}

export const listNotifications = (database: Database, caller: Caller, page: z.infer<typeof Page>) =>
  listNewest(ofCaller(database, caller), 'created_at', page)

/** Opens one: it is read from then on. */
export async function openNotification(database: Database, caller: Caller, id: string) {
  const found = await ofCaller(database, caller).where('id', '=', id).executeTakeFirst()
  if (!found) throw new Problem('not_found', 'no such notification')
  return database.db
    .updateTable('notifications')
    .set({ read_at: sql`coalesce(read_at, now())` })
    .where('tenant_id', '=', caller.tenantId)
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirstOrThrow()
}

export async function readAllNotifications({ db }: Database, caller: Caller): Promise<number> {
  const unread = db.updateTable('notifications').set({ read_at: new Date() }).where('tenant_id', '=', caller.tenantId)
  const read = await (caller.userId === undefined ? unread : unread.where('user_id', '=', caller.userId))
    .where('read_at', 'is', null)
    .executeTakeFirst()
  return Number(read.numUpdatedRows)
}

export function addNotifications(app: FastifyInstance, acme: Acme): void {
  const { database } = acme

  addRoutes(app, acme, [
    {
      method: 'GET',
      url: '/v1/notifications',
      scope: 'notifications:read',
      handle: ({ caller, request }) => listNotifications(database, caller, parse(Page, request.query)),
    },
    {
      // A GET that changes something: opening a notification marks it as read. Its scope says so.
      method: 'GET',
      url: '/v1/notifications/:id',
      scope: 'notifications:write',
      handle: ({ caller, request }) => openNotification(database, caller, (request.params as { id: string }).id),
    },
    {
      method: 'POST',
      url: '/v1/notifications/read-all',
      scope: 'notifications:write',
      handle: async ({ caller }) => ({ read: await readAllNotifications(database, caller) }),
    },
  ])
}
