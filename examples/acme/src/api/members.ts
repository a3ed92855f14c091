import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Acme } from '../acme.ts'
import type { Database } from '../database/open.ts'
import { Problem } from '../problem.ts'
import type { Caller } from './caller.ts'
import { addRoutes, Page, parse } from './route.ts'

const Cursor = z.string().regex(/^[\x21-\x7e]{1,200}$/)

const members = ({ db }: Database, { tenantId }: Caller) =>
  db
    .selectFrom('member')
    .innerJoin('user', 'user.id', 'member.userId')
    .where('member.organizationId', '=', tenantId)
    .select(['user.id', 'user.name', 'user.email', 'member.role', 'member.createdAt as joined_at', 'user.lastSeenAt as last_seen_at'])

export async function listMembers(database: Database, caller: Caller, { limit, cursor }: z.infer<typeof Page>) {
  let query = members(database, caller)
  if (cursor !== undefined) query = query.where('user.id', '>', parse(Cursor, cursor))
  const found = await query
    .orderBy('user.id')
    .limit(limit + 1)
    .execute()
  const items = found.slice(0, limit)
  return { items, next_cursor: found.length > limit ? (items.at(-1)?.id ?? null) : null }
}

export async function getMember(database: Database, caller: Caller, id: string) {
  const found = await members(database, caller).where('user.id', '=', id).executeTakeFirst()
  if (!found) throw new Problem('not_found', 'no such member')
  return found
}

export function addMembers(app: FastifyInstance, acme: Acme): void {
  addRoutes(app, acme, [
    {
      method: 'GET',
      url: '/v1/members',
      scope: 'members:read',
      handle: ({ caller, request }) => listMembers(acme.database, caller, parse(Page, request.query)),
    },
    {
      method: 'GET',
      url: '/v1/members/:id',
      scope: 'members:read',
      handle: ({ caller, request }) => getMember(acme.database, caller, (request.params as { id: string }).id),
    },
  ])
}
