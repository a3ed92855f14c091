import { z } from 'zod'
import { TenantId, UserId } from './ids.ts'
import { Tenant, TenantDetails } from './tenants.ts'
import { Account, Factor, User, UserSession } from './users.ts'

/**
 * The connector protocol, version 1: what a product answers below its connector address. Every call carries
 * `Authorization: Bearer <JWT>` signed by Countersign (EdDSA, keys at /.well-known/jwks.json) with
 * `iss`, `aud` (the connector's audience), `iat`, `exp` (at most 60 s), `jti`, `htm`, `htu` (path and query),
 * `body_sha256` (base64url), where a person asked `act` {sub, email}, and for an act `operation` {id, act, target}.
 * Full text: docs/connector-protocol.md.
 */
export const connectorProtocol = 'countersign-connector/1'

/** A connector's own place in a list: printable ASCII, sent back unchanged. */
const ConnectorCursor = z
  .string()
  .min(1)
  .max(2000)
  .regex(/^[\x21-\x7e]+$/)

/** What a product may be able to do to a user or a tenant, and to which of the two. */
export const actTargets = {
  reset_passkey: 'user',
  reset_totp: 'user',
  revoke_sessions: 'user',
  revoke_session: 'user',
  send_magic_link: 'user',
  suspend_account: 'user',
  restore_account: 'user',
  force_logout: 'tenant',
} as const
export type ActName = keyof typeof actTargets
export const actNames = Object.keys(actTargets) as [ActName, ...ActName[]]
const ActName = z.enum(actNames)

/** What a product may offer beyond the reads that every connector answers. */
export const featureNames = ['user_lists', 'tenant_details'] as const
export type FeatureName = (typeof featureNames)[number]

/** GET / below the connector's address. Acts and features that we do not know are none to us. */
export const ConnectorInfo = z.object({
  protocol: z.literal(connectorProtocol),
  product: z.string().min(1).max(100),
  version: z.string().max(100).optional(),
  acts: z
    .array(z.string().max(100))
    .max(100)
    .default([])
    .transform((names) => actNames.filter((name) => names.includes(name))),
  features: z
    .array(z.string().max(100))
    .max(100)
    .default([])
    .transform((names) => featureNames.filter((name) => names.includes(name))),
})
export type ConnectorInfo = z.infer<typeof ConnectorInfo>

/** GET /tenants?limit&cursor&since — a page; `sync_token` on the last page starts the next incremental read by `since`. Deleted tenants come with `deleted_at`. */
export const ConnectorTenantPage = z.object({
  items: z.array(Tenant).max(1000),
  next_cursor: ConnectorCursor.nullable(),
  sync_token: ConnectorCursor.nullable(),
})
export type ConnectorTenantPage = z.infer<typeof ConnectorTenantPage>

/** GET /tenants/{tenant_id}/users?limit&cursor, and with the feature `user_lists` also `query`, `status`, `role`, `sort` and `order`. */
export const ConnectorUserPage = z.object({
  items: z.array(User).max(1000),
  next_cursor: ConnectorCursor.nullable(),
  roles: z.array(z.string().max(200)).max(100).optional(),
})

export type ConnectorUserPage = z.infer<typeof ConnectorUserPage>

/** GET /tenants/{tenant_id} with the feature `tenant_details` — 404 when there is none. */
export const ConnectorTenantDetails = TenantDetails

/** GET /users?query&limit — best match first. */
export const ConnectorUserSearch = z.object({ items: z.array(User).max(100) })

/** GET /users/{user_id} — 404 when there is none. */
export const ConnectorUserDetail = z.object({
  user: User,
  factors: z.array(Factor).max(100),
  sessions: z.array(UserSession).max(1000),
  account: Account.optional(),
})
export type ConnectorUserDetail = z.infer<typeof ConnectorUserDetail>

/** The same answers before their rows are judged one by one: a row in another form does not take the others with it. */
export const unjudged = {
  tenants: ConnectorTenantPage.extend({ items: z.array(z.unknown()).max(1000) }),
  users: ConnectorUserPage.extend({ items: z.array(z.unknown()).max(1000), roles: z.array(z.unknown()).optional().catch(undefined) }),
  found: ConnectorUserSearch.extend({ items: z.array(z.unknown()).max(100) }),
  user: ConnectorUserDetail.extend({
    factors: z.array(z.unknown()).max(100),
    sessions: z.array(z.unknown()).max(1000),
    account: z.unknown().optional(),
  }),
}

/** Names an act at the product: the Idempotency-Key of its calls. */
export const ActId = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/)

export const ActTarget = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('user'), id: UserId }),
  z.object({ kind: z.literal('tenant'), id: TenantId }),
])
export type ActTarget = z.infer<typeof ActTarget>

const asked = { id: ActId, act: ActName, target: ActTarget }
const nothing = { count: z.null(), code: z.null(), message: z.null() }

/** POST /users/{user_id}/acts, POST /tenants/{tenant_id}/acts and GET /acts/{id} — what came of an act. */
export const ConnectorAct = z.discriminatedUnion('status', [
  z.object({ ...asked, ...nothing, status: z.literal('done'), count: z.int().nonnegative(), at: z.iso.datetime() }),
  z.object({
    ...asked,
    ...nothing,
    status: z.literal('failed'),
    code: z.string().min(1).max(100),
    message: z.string().max(1000).nullable(),
    at: z.iso.datetime(),
  }),
  z.object({ ...asked, ...nothing, status: z.literal('pending'), at: z.null() }),
])
export type ConnectorAct = z.infer<typeof ConnectorAct>

/** How an act is refused without effect. These codes are the protocol's; all others are the product's. */
export const actRefusals = { bad_request: 400, not_found: 404, unknown_act: 422, key_reused: 422 } as const
export type ActRefusal = keyof typeof actRefusals

/** The signed call of an act lives at most this long, and the product has no effect after it. */
export const actLifetimeSeconds = 60
/** So long after its end, "never heard of" means that nothing happened and nothing will. */
export const actGraceSeconds = 30

export const ConnectorError = z.object({ code: z.string().max(100), message: z.string().max(1000) })
