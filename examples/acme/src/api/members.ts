import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Acme } from '../acme.ts'
import { Problem } from '../problem.ts'
import { addRoutes, Page, parse } from './route.ts'

const Cursor = z.string().regex(/^[\x21-\x7e]{1,200}$/)

export function addMembers(app: FastifyInstance, acme: Acme): void {
  const { db } = acme.database

  const members = (tenantId: string) =>
    db
      .selectFrom('member')
      .innerJoin('user', 'user.id', 'member.userId')
      .where('member.organizationId', '=', tenantId)
      .select(['user.id', 'user.name', 'user.email', 'member.role', 'member.createdAt as joined_at', 'user.lastSeenAt as last_seen_at'])

  addRoutes(app, acme, [
    {
      method: 'GET',
      url: '/v1/members',
      scope: 'members:read',
      handle: async ({ caller, request }) => {
        const { limit, cursor } = parse(Page, request.query)
        let query = members(caller.tenantId)
        if (cursor !== undefined) query = query.where('user.id', '>', parse(Cursor, cursor))
        const found = await query
          .orderBy('user.id')
          .limit(limit + 1)
          .execute()
        const items = found.slice(0, limit)
        return { items, next_cursor: found.length > limit ? (items.at(-1)?.id ?? null) : null }
      },
    },
    {
      method: 'GET',
      url: '/v1/members/:id',
      scope: 'members:read',
      handle: async ({ caller, request }) => {
        const found = await members(caller.tenantId)
          .where('user.id', '=', (request.params as { id: string }).id)
          .executeTakeFirst()
        if (!found) throw new Problem('not_found', 'no such member')
        return found
      },
    },
  ])
}
