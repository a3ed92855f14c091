import { z } from 'zod'
import { EventId, TenantId, UserId } from './ids.ts'
import { Cursor, Limit, pageOf, Unreadable } from './pages.ts'
import { Staff } from './staff.ts'
import { Tenant } from './tenants.ts'
import { Searched, Sought, Ticket } from './text.ts'
import { userSorts, userStatuses } from './vocabulary.ts'

export { userStatuses } from './vocabulary.ts'

export const UserStatus = z.enum(userStatuses)

export const User = z
  .object({
    id: UserId,
    tenant_id: TenantId,
    email: z.string().max(320),
    name: z.string().max(1000),
    role: z.string().max(200).nullable().describe('Role in the tenant'),
    status: UserStatus,
    created_at: z.iso.datetime(),
    last_seen_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'User' })
export type User = z.infer<typeof User>

export const Factor = z
  .object({
    id: z.string().max(200),
    kind: z.enum(['password', 'passkey', 'totp', 'magic_link', 'sms', 'recovery_codes', 'sso', 'other']),
    label: z.string().max(500).nullable(),
    enrolled_at: z.iso.datetime().nullable(),
    last_used_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Factor' })
export type Factor = z.infer<typeof Factor>

export const UserSession = z
  .object({
    id: z.string().max(200),
    device: z.string().max(500).nullable(),
    ip: z.string().max(100).nullable(),
    place: z.string().max(200).nullable(),
    created_at: z.iso.datetime(),
    last_seen_at: z.iso.datetime().nullable(),
    expires_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'UserSession' })
export type UserSession = z.infer<typeof UserSession>

/** What else a call needs to know of an account: left out where the product does not tell it, null where it does not know. */
export const Account = z
  .object({
    email_verified: z.boolean().nullable().optional().describe('Whether the e-mail address was shown to be theirs'),
    may_authorize: z.boolean().nullable().optional().describe('Whether they may agree to changes for the tenant'),
    invited_at: z.iso.datetime().nullable().optional(),
    invited_by: z.string().max(320).nullable().optional().describe('E-mail address'),
    invitation_expires_at: z.iso.datetime().nullable().optional(),
    failed_sign_ins: z.int().nonnegative().nullable().optional().describe('In a row, since they last signed in'),
    last_failed_at: z.iso.datetime().nullable().optional(),
    locked: z.boolean().nullable().optional().describe('Whether they are kept from signing in for now, without being suspended'),
    locked_until: z.iso.datetime().nullable().optional(),
    sso: z.string().max(200).nullable().optional().describe('Identity provider by which they must sign in'),
    time_zone: z.string().max(100).nullable().optional().describe('As IANA names it'),
  })
  .meta({ id: 'Account' })
export type Account = z.infer<typeof Account>

export const SearchUsers = z.strictObject({
  query: Searched.describe('Start of an e-mail address, a name or an id; small typing errors are forgiven'),
  limit: z.coerce.number().int().min(1).max(50).default(20),
})
export type SearchUsers = z.infer<typeof SearchUsers>

/** A user as found by a look-up: with the name of the tenant it belongs to. */
export const FoundUser = User.extend({ tenant_name: z.string().nullable() }).meta({ id: 'FoundUser' })
export type FoundUser = z.infer<typeof FoundUser>
export const FoundUsers = z.object({ items: z.array(FoundUser), unreadable: Unreadable }).meta({ id: 'FoundUsers' })
export type FoundUsers = z.infer<typeof FoundUsers>

/** All but the page needs a product that can search and sort the users of a tenant. */
export const ListTenantUsers = z.strictObject({
  query: Searched.optional().describe('Part of an e-mail address or a name, or an id'),
  status: UserStatus.optional(),
  role: Sought.max(200).optional(),
  sort: z.enum(userSorts).optional().describe("The product's own order where it is left out"),
  order: z.enum(['asc', 'desc']).default('asc'),
  cursor: Cursor.optional(),
  limit: Limit,
})
export type ListTenantUsers = z.infer<typeof ListTenantUsers>

export const UserPage = pageOf(User)
  .extend({
    unreadable: Unreadable,
    is_narrowable: z.boolean().describe('Whether the product can search, narrow and sort this list'),
    roles: z.array(z.string()).describe('Roles to narrow by; empty where the product names none'),
  })
  .meta({ id: 'UserPage' })
export type UserPage = z.infer<typeof UserPage>

export const OpenUser = z.strictObject({ ticket: Ticket.optional() })

/** The user pane (A8, A11–A18). Opening it is an event, named here. */
export const UserPane = z
  .object({
    user: User,
    tenant: Tenant.nullable(),
    factors: z.array(Factor),
    sessions: z.array(UserSession),
    account: Account.nullable().describe('Null where the product tells nothing more'),
    unreadable: z.object({ factors: Unreadable, sessions: Unreadable, account: Unreadable }),
    opened: z.object({
      event_id: EventId,
      by: Staff,
      at: z.iso.datetime(),
      ticket: z.string().nullable(),
      read_only: z.literal(true),
      break_glass: z.boolean(),
    }),
  })
  .meta({ id: 'UserPane' })
export type UserPane = z.infer<typeof UserPane>
