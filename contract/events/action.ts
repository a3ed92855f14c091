import { z } from 'zod'
import { ActionRequestId, PasskeyId, SessionId, StaffId } from '../ids.ts'
import { ofTenant, ofTenantIfAny, refusal, target, ticket } from './common.ts'
import { erasable, kept } from './members.ts'

const about = {
  ...ofTenant,
  ...refusal,
  session_id: kept(SessionId.optional().describe("The requester's own support session on that tenant that ran at the time")),
  target,
  reason: erasable(z.string().optional()),
  ticket,
}

const details = {
  action: kept(z.string().describe('Name of the action')),
  policy: kept(z.string().describe('SHA-256 of the policy that decided, hex')),
  request_id: kept(ActionRequestId.optional().describe('The request; none for an attempt that was refused')),
}

/** An action on a user or a tenant: tried, refused by a gate, or done; and what else becomes of a request. Of no tenant where there is no such target. */
export const actionAttempted = {
  ...about,
  ...ofTenantIfAny,
  details: {
    ...details,
    count: kept(z.number().int().optional().describe('How many were affected, such as sessions ended')),
    approved_by: kept(z.array(StaffId).optional()),
  },
}

/** A second person's yes. What was signed is erasable; its SHA-256 and the signature stay, so that it can always be checked. */
export const actionApproved = {
  ...about,
  details: {
    ...details,
    signature: kept(z.enum(['passkey', 'sign_in']).optional().describe('What vouches for it; none for an attempt that was refused')),
    digest: kept(z.string().optional().describe('SHA-256 of the signed request, base64url: the challenge of the signature')),
    signed: erasable(z.string().optional().describe('The request as it was signed, RFC 8785')),
    passkey_id: kept(PasskeyId.optional()),
    credential_id: kept(z.string().optional()),
    authenticator_data: kept(z.string().optional().describe('base64url')),
    client_data: kept(z.string().optional().describe('base64url')),
    assertion: kept(z.string().optional().describe('The signature, base64url')),
  },
}
