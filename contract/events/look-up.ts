import { z } from 'zod'
import { EventId, UserId } from '../ids.ts'
import { count, ofTenant, ofTenantIfAny, refusal, target, ticket } from './common.ts'
import { erasable, kept, optional } from './members.ts'

const userIds = z.array(UserId)
const unreadable = kept(z.number().int().optional().describe('Rows in another form than the protocol: nobody was shown by them'))

export const userOpened = { ...ofTenantIfAny, ...refusal, target, ticket, details: optional({ unreadable }) }

/** A search over all tenants: what was asked, and who was shown. No tenant sees it: the text may speak of another's users. */
export const userSearched = {
  ...refusal,
  details: { query: erasable(z.string()), count: kept(z.number().int().optional()), user_ids: kept(userIds.optional()), unreadable },
}

/** What one tenant sees of a search: which of its own users were shown. */
export const userFound = { ...ofTenant, target, details: { search: kept(EventId), count, user_ids: kept(userIds) } }

export const tenantOpened = { ...ofTenantIfAny, ...refusal, target }

export const tenantUsersListed = {
  ...ofTenantIfAny,
  ...refusal,
  target,
  details: optional({
    count,
    user_ids: kept(userIds),
    unreadable,
    /** The people who may agree to changes, with what else the product tells of the tenant. */
    authorizers: kept(z.boolean().optional()),
  }),
}
