import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { Named } from '../access/concerned.ts'
import type { Base, Ctx } from '../access/ctx.ts'
import { requireMay } from '../access/may.ts'
import type { Principal } from '../access/principal.ts'
import { onRecord } from '../access/transact.ts'
import { Refusal } from '../errors.ts'
import { requireIngestKey } from '../identity/ingest-key/require.ts'
import { requireTenantKey } from '../identity/keys.ts'
import { headerValues } from '../identity/raw-headers.ts'
import { type Kind, requireSameOrigin } from '../identity/same-origin.ts'
import { requireStaff } from '../identity/staff-session.ts'
import { authoritiesOf } from '../inbound/authorities.ts'
import type { Lane } from '../inbound/lane.ts'
import type { Room } from '../inbound/room.ts'
import { type Access, type Door, eventRequestOf, wantsStream } from './door.ts'
import type { Lanes, Work } from './work.ts'

type Settings = Pick<Base, 'journal'> & { publicUrl: string; stores: Record<Work, Base['store']>; lanes: Lanes; room: Room }
type Guarded = Exclude<Access, 'public'>

const isOfTenants = (access: Guarded) => typeof access === 'object' && 'permission' in access

const workOf = ({ routeOptions }: FastifyRequest, access: Guarded): Work =>
  routeOptions.config.work ?? (access === 'ingest' ? 'signals' : isOfTenants(access) ? 'tenants' : 'staff')

const probes = new Set(['/healthz', '/readyz'])

/** A request for another host name is not ours to answer (DNS rebinding); probes come by address. */
export const requireHost = (request: FastifyRequest, publicUrl: string): void => {
  if (probes.has(request.routeOptions?.url ?? '')) return
  const hosts = headerValues(request.raw.rawHeaders, 'host')
  if (hosts.length !== 1 || !authoritiesOf(publicUrl).has((hosts[0] as string).toLowerCase())) {
    throw new Refusal('host_refused', { detail: `This console lives at ${publicUrl}.` })
  }
}

/** Data is all of /api that not anybody may read; a page is anybody's, and nothing of /api, whoever may call it. */
const kindOf = ({ is404, routeOptions: { url, config } }: FastifyRequest): Kind => {
  if (is404) return 'page'
  if (config.access !== 'public') return url?.startsWith('/api/') ? 'data' : 'other'
  return url?.startsWith('/api/') ? 'other' : 'page'
}

const requirePrincipal = (base: Base, publicUrl: string, request: FastifyRequest, access: Guarded): Promise<Principal> => {
  const { rawHeaders } = request.raw
  if (access === 'ingest') return requireIngestKey(base, rawHeaders, eventRequestOf(request))
  if (isOfTenants(access)) return requireTenantKey(base, rawHeaders)
  const touch = request.headers['countersign-background'] !== '1' && request.routeOptions.config.background !== true
  return requireStaff({ ...base, publicUrl }, rawHeaders, { touch })
}

/** The principal of a request whom the route's verb lets in, judged on the primary. */
const judge = async ({ publicUrl, stores, journal }: Settings, request: FastifyRequest, access: Guarded): Promise<Ctx> => {
  const { url = '' } = request.routeOptions
  const base = { store: stores[workOf(request, access)], journal }
  const principal = await requirePrincipal(base, publicUrl, request, access)
  const ctx = { ...base, principal, request: eventRequestOf(request) }
  await onRecord(ctx, () => requireMay(ctx, access, url, (request.params ?? {}) as Named))
  return ctx
}

/** Waits for the caller's turn among those who ask for the same kind of work. Answers whether it had to. */
const takeTurn = async (lane: Lane<string>, owner: string, { raw }: FastifyReply): Promise<boolean> => {
  const { hasWaited, leave } = await lane.enter(owner)
  if (raw.destroyed) leave()
  else raw.once('close', leave)
  return hasWaited
}

/** Lets in whom the route's verb lets in, in their turn, before anything else of the request is read. */
const requireAccess = async (settings: Settings, request: FastifyRequest, reply: FastifyReply, access: Access): Promise<void> => {
  if (access === 'public') return
  const ctx = await judge(settings, request, access)
  // Of a tenant all keys are one: they are the tenant's.
  const owner = ctx.principal.kind === 'tenant' ? ctx.principal.tenant_id : ctx.principal.id
  if (!settings.room.know(request.raw.socket, owner)) {
    throw new Refusal('overloaded', { detail: 'You hold too many connections.' })
  }
  const lane = settings.lanes[workOf(request, access)]
  // A stream goes on and on: it has a limit of its own.
  const { background, streams } = request.routeOptions.config
  const isStream = background === true || (streams === true && wantsStream(request))
  const hasWaited = lane !== undefined && !isStream && (await takeTurn(lane, owner, reply))
  request.ctx = hasWaited ? await judge(settings, request, access) : ctx
}

/** Every route must say who may call it; every request passes here before anything else is read. */
export const guardAccess = (app: Door, settings: Settings): void => {
  app.decorateRequest('ctx', null)
  app.decorate('declared', [])
  app.addHook('onRoute', (route: RouteOptions) => {
    if (route.config?.access === undefined) throw new Error(`${String(route.method)} ${route.url} does not declare who may call it`)
    // HEAD is the GET of the same path, without the body.
    for (const method of [route.method].flat()) if (method !== 'HEAD') app.declared.push({ method, url: route.url })
  })
  app.addHook('onRequest', async (request, reply) => {
    requireHost(request, settings.publicUrl)
    if (request.routeOptions.config.isOpen) {
      reply.raw.setHeader('access-control-allow-origin', '*')
      return
    }
    // A page cannot send an ingest key for anybody: there is none in a browser.
    if (request.routeOptions.config.access !== 'ingest')
      requireSameOrigin(request.method, request.raw.rawHeaders, {
        expectedOrigin: new URL(settings.publicUrl).origin,
        kind: kindOf(request),
      })
    // What is not there is not found, for everybody alike.
    if (request.is404) return
    await requireAccess(settings, request, reply, request.routeOptions.config.access as Access)
  })
}
