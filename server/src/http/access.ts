import { SessionId, TenantId } from '@countersign/contract/ids.ts'
import type { Role } from '@countersign/contract/staff.ts'
import type { FastifyRequest, RouteOptions } from 'fastify'
import type { Kysely } from 'kysely'
import type { Journal } from '../audit/record.ts'
import { Refusal } from '../errors.ts'
import { requireTenantKey } from '../identity/keys.ts'
import { actorOf, hasRole } from '../identity/principal.ts'
import { requireSameOrigin } from '../identity/same-origin.ts'
import { requireStaff } from '../identity/staff-session.ts'
import type { Store } from '../store/open.ts'
import type { Tables } from '../store/tables.ts'
import { transaction } from '../store/transaction.ts'
import type { Access, Door } from './door.ts'

type Needs = { store: Store; journal: Journal; publicUrl: string }

const probes = new Set(['/healthz', '/readyz'])

/** A request for another host name is not ours to answer (DNS rebinding); probes come by address. */
const requireHost = (request: FastifyRequest, publicUrl: string): void => {
  if (probes.has(request.routeOptions.url ?? '')) return
  if (request.raw.headers.host !== new URL(publicUrl).host) {
    throw new Refusal('host_refused', { detail: `This console lives at ${publicUrl}.` })
  }
}

/** The tenant, and the session, that a refused request was about, where there is one: the tenant sees the attempt (X3). */
const concerned = async (db: Kysely<Tables>, params: unknown): Promise<{ tenant_id?: string; session_id?: string }> => {
  const { tenant_id, session_id } = (params ?? {}) as { tenant_id?: string; session_id?: string }
  if (SessionId.safeParse(session_id).success) {
    const found = await db
      .selectFrom('support_sessions')
      .select(['id', 'tenant_id'])
      .where('id', '=', String(session_id))
      .executeTakeFirst()
    return found ? { tenant_id: found.tenant_id, session_id: found.id } : {}
  }
  if (!TenantId.safeParse(tenant_id).success) return {}
  const found = await db.selectFrom('tenants').select('id').where('id', '=', String(tenant_id)).executeTakeFirst()
  return found ? { tenant_id: found.id } : {}
}

/** A page that a link elsewhere may lead to: anybody's, and nothing of /api, whoever may call it. */
const isPage = (request: FastifyRequest): boolean =>
  request.is404 || (request.routeOptions.config.access === 'public' && !request.routeOptions.url?.startsWith('/api/'))

/** Lets in whom the route's declaration names, judged on the primary for this request. A missing role is on the record. */
const requireAccess = async (needs: Needs, request: FastifyRequest, access: Access): Promise<void> => {
  if (access === 'public') return
  if (access !== 'staff' && 'permission' in access) {
    request.principal = await requireTenantKey(needs, request.raw.rawHeaders, access.permission)
    return
  }
  const touch = request.headers['countersign-background'] !== '1' && request.routeOptions.config.background !== true
  const staff = await requireStaff(needs, request.raw.rawHeaders, { touch })
  request.principal = staff
  if (access === 'staff') return
  const allowed: readonly Role[] = access
  if (!hasRole(staff, allowed)) {
    const path = request.routeOptions.url ?? ''
    await transaction(needs.store, async (tx) =>
      needs.journal.record(tx, {
        action: 'ACCESS.DENIED',
        result: 'deny',
        actor: actorOf(staff),
        target: { kind: 'route', id: `${request.method} ${path}` },
        ...(await concerned(tx, request.params)),
        code: 'role_missing',
        note: `needs ${allowed.join(' or ')}`,
        request: { id: request.id, method: request.method, path },
      }),
    )
    throw new Refusal('role_missing', { detail: `This needs the role ${allowed.join(' or ')}.` })
  }
}

/** Every route must say who may call it; every request passes here before anything else is read. */
export const guardAccess = (app: Door, needs: Needs): void => {
  app.decorateRequest('principal', null)
  app.decorate('declared', [])
  app.addHook('onRoute', (route: RouteOptions) => {
    if (route.config?.access === undefined) throw new Error(`${String(route.method)} ${route.url} does not declare who may call it`)
    for (const method of [route.method].flat()) app.declared.push({ method, url: route.url })
  })
  app.addHook('onRequest', async (request) => {
    requireHost(request, needs.publicUrl)
    requireSameOrigin(request.method, request.raw.rawHeaders, {
      expectedOrigin: new URL(needs.publicUrl).origin,
      isPage: isPage(request),
    })
    // What is not there is not found, for everybody alike.
    if (request.is404) return
    await requireAccess(needs, request, request.routeOptions.config.access as Access)
  })
}
