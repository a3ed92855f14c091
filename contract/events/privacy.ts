import { z } from 'zod'
import { StaffId, TenantId, UserId } from '../ids.ts'
import { count, ofTenant, ofTenantIfAny, reason, refusal, target } from './common.ts'
import { kept } from './members.ts'

/** What an erasure looked for: one person, one tenant's people, or a kind of text by its age. */
export const selector = {
  user_id: kept(UserId.optional()),
  staff_id: kept(StaffId.optional()),
  tenant_id: kept(TenantId.optional()),
  searches_before: kept(z.string().optional().describe('Texts of searches, of before this instant')),
  addresses_before: kept(z.string().optional().describe('Addresses of callers, of before this instant')),
}

/** Values were deleted from beside the events of one tenant, or of none. Never the values: how many of which members. */
export const personalDataErased = {
  ...ofTenantIfAny,
  ...refusal,
  target,
  reason,
  details: {
    selector,
    members: kept(z.record(z.string(), z.number().int()).describe('How many values of which members')),
    count,
    through: kept(z.number().int().describe('The last log index that it covers')),
  },
}

export const holdPlaced = { ...ofTenant, target, reason }
export const holdReleased = { ...ofTenant, target, reason }
