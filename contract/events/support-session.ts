import { z } from 'zod'
import { ActionRequestId, EventId, RequestId, ViewId } from '../ids.ts'
import { Scope } from '../scopes.ts'
import { Revoker } from '../sessions.ts'
import { ofSession, ofTenant, ofTenantIfAny, reason, refusal, request, target, ticket } from './common.ts'
import { erasable, kept, optional } from './members.ts'

export const sessionOpened = {
  ...ofTenant,
  ...ofSession,
  target,
  reason,
  ticket,
  details: {
    scopes: kept(z.array(Scope)),
    ttl_minutes: kept(z.number().int()),
    expires_at: kept(z.string()),
    policy: kept(z.string().describe('SHA-256 of the policy that decided, hex')),
    request_id: kept(ActionRequestId.optional().describe('The request that was approved')),
  },
}

/** Of no tenant where there is none of that id. */
export const sessionDenied = {
  ...ofTenantIfAny,
  ...refusal,
  target,
  reason: erasable(z.string().optional()),
  ticket,
  details: optional({ policy: kept(z.string()) }),
}

/** Staff had the dialog for a session open, and the tenant's health answered the question. */
export const sessionAvoided = { ...ofTenantIfAny, ...refusal, target }

export const sessionRevoked = {
  ...ofTenant,
  ...ofSession,
  target,
  ticket,
  reason: erasable(z.string().optional()),
  details: { revoked_by: kept(Revoker) },
}

export const sessionExpired = { ...ofTenant, ...ofSession, target, ticket }

/** It runs longer since, or whoever asked for that was refused. */
export const sessionExtended = {
  ...ofTenant,
  ...ofSession,
  ...refusal,
  target,
  reason: erasable(z.string().optional()),
  ticket,
  details: optional({
    minutes: kept(z.number().int().optional()),
    expires_at: kept(z.string().optional()),
    policy: kept(z.string().describe('SHA-256 of the policy that decided, hex')),
    request_id: kept(ActionRequestId.optional().describe('The request that was approved')),
  }),
}

/** Something that its opener said of it: that somebody is there, or which ticket it is for. */
export const sessionTold = { ...ofTenant, ...ofSession, target, ticket }

/** The product was opened in a browser, or closed there. */
export const sessionView = {
  ...ofTenant,
  ...ofSession,
  target,
  ticket,
  details: {
    view_id: kept(ViewId),
    upstream: kept(z.string().optional().describe('Which of the product’s origins was entered')),
    closed_by: kept(z.enum(['opener', 'another_view']).optional()),
  },
}

/** Of one request through the gateway. Without a tenant where the session's is gone: its id may be another's by now. */
export const sessionRequest = {
  ...ofTenantIfAny,
  ...ofSession,
  ...refusal,
  target,
  ticket,
  request,
  details: optional({
    via: kept(
      z
        .enum(['browser', 'navigation'])
        .optional()
        .describe('Sent by a page of the product in a view, or to go to a page there; none: with the token'),
    ),
    client_request_id: erasable(z.string().optional().describe('X-Request-Id, as the caller sent it')),
    admission: kept(EventId.optional().describe('The admission whose outcome nobody recorded')),
    closed_by: kept(z.enum(['caller', 'product', 'gateway']).optional().describe('Who ended a stream')),
    close_code: kept(z.number().int().optional().describe('What a WebSocket was closed with (RFC 6455)')),
    bytes_received: kept(z.number().int().optional().describe('How much of a WebSocket came from the caller')),
  }),
}

/** What became of one file: of the request with this id, which was admitted on its own. */
export const LoadedFile = z.object({
  id: RequestId,
  status: z.number().int().optional().describe('What the product answered'),
  bytes: z.number().int().optional().describe('How many bytes of it went out'),
  duration_ms: z.number().optional(),
  code: z.string().optional().describe('Why it failed or was cut'),
})
export type LoadedFile = z.infer<typeof LoadedFile>

/** Static files of the product that were loaded together, as a page does: the outcome of each of them. */
export const assetsLoaded = {
  ...ofTenantIfAny,
  ...ofSession,
  ...refusal,
  target,
  ticket,
  request: { ...request, path: erasable(z.string().optional()) },
  details: {
    count: kept(z.number().int().describe('How many files')),
    statuses: kept(z.record(z.string(), z.number().int()).describe('How many of them were answered with which status')),
    files: kept(z.array(LoadedFile)),
  },
}
