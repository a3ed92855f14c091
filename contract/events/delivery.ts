import { z } from 'zod'
import { ofTenantIfAny, reason, target } from './common.ts'
import { kept } from './members.ts'

/** A customer sees what is done about a destination of its own. */
export const deliveryReplayed = {
  ...ofTenantIfAny,
  target,
  reason,
  details: {
    from_index: kept(z.number().int().describe('Place in the log from which everything is sent again')),
    was_at: kept(z.number().int().describe('Where delivery was')),
  },
}

/** This event itself is what is sent as a test. */
export const deliveryTested = { ...ofTenantIfAny, target }
