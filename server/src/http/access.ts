import type { Role } from '@countersign/contract/staff.ts'
import type { FastifyRequest, RouteOptions } from 'fastify'
import { record } from '../audit/record.ts'
import { Refusal } from '../errors.ts'
import { requireTenantKey } from '../identity/keys.ts'
import { actorOf, hasRole } from '../identity/principal.ts'
import { requireSameOrigin } from '../identity/same-origin.ts'
import { requireStaff } from '../identity/staff-session.ts'
import type { Keys } from '../keys.ts'
import type { Store } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import type { Access, Door } from './door.ts'

type Needs = { store: Store; keys: Keys; publicUrl: string }

const probes = new Set(['/healthz', '/readyz'])

/** A request for another host name is not ours to answer (DNS rebinding); probes come by address. */
const requireHost = (request: FastifyRequest, publicUrl: string): void => {
  if (probes.has(request.routeOptions.url ?? '')) return
  if (request.raw.headers.host !== new URL(publicUrl).host) {
    throw new Refusal('host_refused', { detail: `This console lives at ${publicUrl}.` })
  }
}

/** Lets in whom the route's declaration names, judged on the primary for this request. A missing role is on the record. */
const requireAccess = async (needs: Needs, request: FastifyRequest, access: Access): Promise<void> => {
  if (access === 'public') return
  if ('permission' in access) {
    request.principal = await requireTenantKey(needs, request.raw.rawHeaders, access.permission)
    return
  }
  const touch = request.headers['countersign-background'] !== '1' && request.routeOptions.config.background !== true
  const staff = await requireStaff(needs, request.raw.rawHeaders, { touch })
  const allowed: readonly Role[] = access
  if (!hasRole(staff, allowed)) {
    const path = request.routeOptions.url ?? ''
    await transaction(needs.store, (tx) =>
      record(tx, needs.keys, {
        action: 'ACCESS.DENIED',
        result: 'deny',
        actor: actorOf(staff),
        target: { kind: 'route', id: `${request.method} ${path}` },
        code: 'role_missing',
        note: `needs ${allowed.join(' or ')}`,
        request: { id: request.id, method: request.method, path },
      }),
    )
    throw new Refusal('role_missing', { detail: `This needs the role ${allowed.join(' or ')}.` })
  }
  request.principal = staff
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
    requireSameOrigin(request.method, request.raw.rawHeaders, new URL(needs.publicUrl).origin)
    // What is not there is not found, for everybody alike.
    if (request.is404) return
    await requireAccess(needs, request, request.routeOptions.config.access as Access)
  })
}
