import { createHash, randomBytes } from 'node:crypto'
import { APIError } from 'better-auth/api'
import { fromNodeHeaders } from 'better-auth/node'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Acme } from '../acme.ts'
import { Problem } from '../problem.ts'
import { writeActivity } from './activity.ts'
import { requireManager } from './caller.ts'
import { addRoutes, parse } from './route.ts'

export const ChangePassword = z.strictObject({ current_password: z.string().max(200), new_password: z.string().min(12).max(128) })
const DeleteAccount = z.strictObject({ password: z.string().max(200) })
const NewKey = z.strictObject({ name: z.string().trim().min(1).max(100) })

/** What only the person themselves may do. `scope: null`: no support session reaches any of it. */
export function addAccount(app: FastifyInstance, acme: Acme): void {
  const { db } = acme.database
  const headersOf = (request: FastifyRequest) => fromNodeHeaders(request.headers)

  addRoutes(app, acme, [
    {
      method: 'POST',
      url: '/v1/account/password',
      scope: null,
      handle: async ({ request, reply }) => {
        const { current_password, new_password } = parse(ChangePassword, request.body)
        await asked(
          acme.auth().api.changePassword({
            headers: headersOf(request),
            body: { currentPassword: current_password, newPassword: new_password, revokeOtherSessions: false },
          }),
        )
        return reply.status(204).send()
      },
    },
    {
      method: 'POST',
      url: '/v1/api-keys',
      scope: null,
      handle: async ({ caller, request, reply }) => {
        requireManager(caller)
        const { name } = parse(NewKey, request.body)
        const id = `apk_${randomBytes(10).toString('hex')}`
        const key = `acme_${randomBytes(24).toString('base64url')}`
        await db.transaction().execute(async (tx) => {
          await tx
            .insertInto('api_keys')
            .values({
              id,
              tenant_id: caller.tenantId,
              user_id: caller.actor,
              name,
              key_hash: createHash('sha256').update(key).digest(),
            })
            .execute()
          await writeActivity(tx, caller, 'api_key.created', id)
        })
        reply.status(201)
        return { id, name, key }
      },
    },
    {
      method: 'DELETE',
      url: '/v1/account',
      scope: null,
      handle: async ({ request, reply }) => {
        const { password } = parse(DeleteAccount, request.body)
        await asked(acme.auth().api.deleteUser({ headers: headersOf(request), body: { password } }))
        return reply.status(204).send()
      },
    },
    {
      // The unsafe GET of an old mobile client: by its method it looks like a read.
      method: 'GET',
      url: '/v1/account/logout-everywhere',
      scope: null,
      handle: async ({ request, reply }) => {
        await asked(acme.auth().api.revokeSessions({ headers: headersOf(request) }))
        return reply.status(204).send()
      },
    },
  ])
}

/** A refusal of better-auth's, in its words. */
export async function asked(answer: Promise<unknown>): Promise<void> {
  try {
    await answer
  } catch (error) {
    if (error instanceof APIError && error.statusCode < 500) throw new Problem('bad_request', error.body?.message ?? 'refused')
    throw error
  }
}
