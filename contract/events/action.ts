import { z } from 'zod'
import { SessionId } from '../ids.ts'
import { ofTenant, refusal, target, ticket } from './common.ts'
import { erasable, kept } from './members.ts'

/** An action on a user or a tenant: tried, refused by a gate, or done. */
export const actionAttempted = {
  ...ofTenant,
  ...refusal,
  session_id: kept(SessionId.optional()),
  target,
  reason: erasable(z.string().optional()),
  ticket,
  details: {
    policy: kept(z.string().describe('SHA-256 of the policy that decided, hex')),
    count: kept(z.number().int().optional().describe('How many were affected, such as sessions ended')),
  },
}
