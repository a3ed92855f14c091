import { fromNodeHeaders } from 'better-auth/node'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Acme } from '../acme.ts'
import { addressesOf } from '../auth/addresses.ts'
import { Problem } from '../problem.ts'

/** Whoever is behind a request, and the one tenant it works in. */
export type Caller = {
  kind: 'user' | 'support'
  tenantId: string
  /** The person themselves, or the one person that a support session is about. */
  userId: string | undefined
  /** The session of a person; support has none here. */
  sessionId: string | undefined
  /** What is written down as the doer. */
  actor: string
  /** Role in the tenant; support has none. */
  role: string | undefined
}

/** As much of a request as says who is behind it. */
export type Asking = Pick<FastifyRequest, 'headers' | 'raw' | 'method'>

export const assertionHeader = 'countersign-assertion'

const Assertion = z.object({
  sub: z.string().min(1),
  tenant_id: z.string().min(1),
  scope: z.string().min(1),
  sid: z.string().min(1),
  act: z.object({ sub: z.string().min(1), email: z.string().min(1) }),
})

/** An assertion, once there, is judged alone: a bad one is never replaced by a good cookie. */
export async function requireCaller(acme: Acme, request: Asking, scope: string | null): Promise<Caller> {
  const assertion = request.headers[assertionHeader]
  return assertion === undefined ? requireUser(acme, request) : requireSupport(acme, request, String(assertion), scope)
}

async function requireSupport(acme: Acme, request: Asking, assertion: string, scope: string | null): Promise<Caller> {
  const { raw } = request
  const payload = await acme.support.verify(assertion, { method: raw.method ?? '', target: raw.url ?? '' })
  const parsed = Assertion.safeParse(payload)
  if (!parsed.success) throw new Problem('bad_assertion', `claim ${parsed.error.issues[0]?.path.join('.')} is missing or malformed`)
  const claims = parsed.data
  if (scope === null) throw new Problem('not_for_support', 'this route is closed to support sessions, whatever their scopes')
  if (!claims.scope.split(' ').includes(scope)) throw new Problem('out_of_scope', `this route needs the scope ${scope}`)

  const { db } = acme.database
  const tenant = await db.selectFrom('organization').select('id').where('id', '=', claims.tenant_id).executeTakeFirst()
  if (!tenant) throw new Problem('not_found', 'no such tenant')
  const userId = claims.sub === claims.tenant_id ? undefined : claims.sub
  if (userId !== undefined) {
    const member = await db
      .selectFrom('member')
      .select('id')
      .where('userId', '=', userId)
      .where('organizationId', '=', tenant.id)
      .executeTakeFirst()
    if (!member) throw new Problem('not_found', 'no such user in this tenant')
  }
  return { kind: 'support', tenantId: tenant.id, userId, sessionId: undefined, actor: `support:${claims.act.email}`, role: undefined }
}

async function requireUser(acme: Acme, request: Asking): Promise<Caller> {
  const found = await acme.auth().api.getSession({ headers: fromNodeHeaders(request.headers) })
  if (!found) throw new Problem('not_signed_in', 'sign in, or send a support assertion')
  requireSameOrigin(acme, request)
  const tenantId = found.session.activeOrganizationId
  if (!tenantId) throw new Problem('no_tenant', 'you belong to no organisation')
  const { db } = acme.database
  const member = await db
    .selectFrom('member')
    .select('role')
    .where('userId', '=', found.user.id)
    .where('organizationId', '=', tenantId)
    .executeTakeFirst()
  if (!member) throw new Problem('no_tenant', 'you no longer belong to this organisation')
  await touch(acme, found.session.id, found.user.id)
  return { kind: 'user', tenantId, userId: found.user.id, sessionId: found.session.id, actor: found.user.id, role: member.role }
}

/** A cookie alone does not show who wrote a form: a page of another site may not change anything. */
function requireSameOrigin(acme: Acme, request: Asking): void {
  const { origin } = request.headers
  if (request.method === 'GET' || request.method === 'HEAD' || origin === undefined) return
  if (!addressesOf(acme.url()).includes(origin)) throw new Problem('cross_origin', 'this request comes from another site')
}

/** For what lasts longer than a request: false once the person's session was ended. */
export async function isSignedIn({ database: { db } }: Acme, { sessionId }: Caller): Promise<boolean> {
  if (sessionId === undefined) return true
  const live = db.selectFrom('session').select('id').where('id', '=', sessionId).where('expiresAt', '>', new Date())
  return (await live.executeTakeFirst()) !== undefined
}

/** Last seen, to the minute. */
async function touch({ database: { db } }: Acme, sessionId: string, userId: string): Promise<void> {
  const now = new Date()
  const stale = new Date(now.getTime() - 60_000)
  const touched = await db
    .updateTable('session')
    .set({ lastSeenAt: now })
    .where('id', '=', sessionId)
    .where((eb) => eb.or([eb('lastSeenAt', 'is', null), eb('lastSeenAt', '<', stale)]))
    .executeTakeFirst()
  if (touched.numUpdatedRows > 0n) await db.updateTable('user').set({ lastSeenAt: now }).where('id', '=', userId).execute()
}

export function requireManager(caller: Caller): void {
  if (caller.kind === 'user' && caller.role !== 'owner' && caller.role !== 'admin') {
    throw new Problem('not_permitted', 'only owners and admins may do this')
  }
}
