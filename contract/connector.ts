import { z } from 'zod'
import { Tenant } from './tenants.ts'
import { Factor, User, UserSession } from './users.ts'

/**
 * The connector protocol, version 1: what a product answers below its connector address. Every call carries
 * `Authorization: Bearer <JWT>` signed by Countersign (EdDSA, keys at /.well-known/jwks.json) with
 * `iss`, `aud` (the connector's audience), `iat`, `exp` (at most 60 s), `jti`, `htm`, `htu` (path and query),
 * `body_sha256` (base64url) and, where a person asked, `act` {sub, email}. Full text: docs/connector-protocol.md.
 */
export const connectorProtocol = 'countersign-connector/1'

/** A connector's own place in a list: printable ASCII, sent back unchanged. */
const ConnectorCursor = z
  .string()
  .min(1)
  .max(2000)
  .regex(/^[\x21-\x7e]+$/)

/** GET / below the connector's address */
export const ConnectorInfo = z.object({
  protocol: z.literal(connectorProtocol),
  product: z.string().min(1).max(100),
  version: z.string().max(100).optional(),
})
export type ConnectorInfo = z.infer<typeof ConnectorInfo>

/** GET /tenants?limit&cursor&since — a page; `sync_token` on the last page starts the next incremental read by `since`. Deleted tenants come with `deleted_at`. */
export const ConnectorTenantPage = z.object({
  items: z.array(Tenant).max(1000),
  next_cursor: ConnectorCursor.nullable(),
  sync_token: ConnectorCursor.nullable(),
})
export type ConnectorTenantPage = z.infer<typeof ConnectorTenantPage>

/** GET /tenants/{tenant_id}/users?limit&cursor */
export const ConnectorUserPage = z.object({
  items: z.array(User).max(1000),
  next_cursor: ConnectorCursor.nullable(),
})
export type ConnectorUserPage = z.infer<typeof ConnectorUserPage>

/** GET /users?query&limit — best match first. */
export const ConnectorUserSearch = z.object({ items: z.array(User).max(100) })

/** GET /users/{user_id} — 404 when there is none. */
export const ConnectorUserDetail = z.object({
  user: User,
  factors: z.array(Factor).max(100),
  sessions: z.array(UserSession).max(1000),
})
export type ConnectorUserDetail = z.infer<typeof ConnectorUserDetail>

export const ConnectorError = z.object({ code: z.string().max(100), message: z.string().max(1000) })
