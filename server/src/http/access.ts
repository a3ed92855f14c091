import type { FastifyRequest, RouteOptions } from 'fastify'
import type { Named } from '../access/concerned.ts'
import type { Base } from '../access/ctx.ts'
import { requireMay } from '../access/may.ts'
import { onRecord } from '../access/transact.ts'
import { Refusal } from '../errors.ts'
import { requireTenantKey } from '../identity/keys.ts'
import { type Kind, requireSameOrigin } from '../identity/same-origin.ts'
import { requireStaff } from '../identity/staff-session.ts'
import { type Access, type Door, eventRequestOf } from './door.ts'

type Settings = Base & { publicUrl: string }

const probes = new Set(['/healthz', '/readyz'])

/** A request for another host name is not ours to answer (DNS rebinding); probes come by address. */
export const requireHost = (request: FastifyRequest, publicUrl: string): void => {
  if (probes.has(request.routeOptions?.url ?? '')) return
  if (request.raw.headers.host !== new URL(publicUrl).host) {
    throw new Refusal('host_refused', { detail: `This console lives at ${publicUrl}.` })
  }
}

/** Data is all of /api that not anybody may read; a page is anybody's, and nothing of /api, whoever may call it. */
const kindOf = ({ is404, routeOptions: { url, config } }: FastifyRequest): Kind => {
  if (is404) return 'page'
  if (config.access !== 'public') return url?.startsWith('/api/') ? 'data' : 'other'
  return url?.startsWith('/api/') ? 'other' : 'page'
}

/** Lets in whom the route's verb lets in, judged on the primary for this request, before anything else of it is read. */
const requireAccess = async ({ publicUrl, ...base }: Settings, request: FastifyRequest, access: Access): Promise<void> => {
  if (access === 'public') return
  const { rawHeaders } = request.raw
  const touch = request.headers['countersign-background'] !== '1' && request.routeOptions.config.background !== true
  const principal =
    typeof access === 'object' && 'permission' in access
      ? await requireTenantKey(base, rawHeaders)
      : await requireStaff({ ...base, publicUrl }, rawHeaders, { touch })
  const ctx = { ...base, principal, request: eventRequestOf(request) }
  await onRecord(ctx, () => requireMay(ctx, access, request.routeOptions.url ?? '', (request.params ?? {}) as Named))
  request.ctx = ctx
}

/** Every route must say who may call it; every request passes here before anything else is read. */
export const guardAccess = (app: Door, settings: Settings): void => {
  app.decorateRequest('ctx', null)
  app.decorate('declared', [])
  app.addHook('onRoute', (route: RouteOptions) => {
    if (route.config?.access === undefined) throw new Error(`${String(route.method)} ${route.url} does not declare who may call it`)
    for (const method of [route.method].flat()) app.declared.push({ method, url: route.url })
  })
  app.addHook('onRequest', async (request) => {
    requireHost(request, settings.publicUrl)
    requireSameOrigin(request.method, request.raw.rawHeaders, {
      expectedOrigin: new URL(settings.publicUrl).origin,
      kind: kindOf(request),
    })
    // What is not there is not found, for everybody alike.
    if (request.is404) return
    await requireAccess(settings, request, request.routeOptions.config.access as Access)
  })
}
