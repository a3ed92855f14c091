import { z } from 'zod'
import { StaffId } from './ids.ts'
import { roles } from './vocabulary.ts'

export {
  actionRoles,
  approverRoles,
  auditRoles,
  consoleRoles,
  exportRoles,
  paneRoles,
  roles,
  sessionReadRoles,
} from './vocabulary.ts'

export const Role = z.enum(roles)
export type Role = z.infer<typeof Role>

export const Staff = z
  .object({
    id: StaffId,
    email: z.string(),
    name: z.string(),
    roles: z.array(Role),
  })
  .meta({ id: 'Staff' })
export type Staff = z.infer<typeof Staff>

export const Me = z
  .object({
    staff: Staff,
    idle_expires_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    now: z.iso.datetime(),
    local_sign_in: z.boolean().describe('True when people sign in at the built-in local provider'),
    example_data: z.boolean().describe('True when the example product is behind the gateway'),
    gateway_url: z.url(),
    views: z.boolean().describe('Whether the product can be shown in the browser'),
    product_name: z.string(),
    ticket_url: z.string().nullable().describe('Page of a ticket in the ticket desk, with {id} in the place of its name'),
    end_with_sign_out: z.boolean().describe('Whether open support sessions end with a sign-out, unless it says otherwise'),
  })
  .meta({ id: 'Me' })
export type Me = z.infer<typeof Me>

/** Whether the support sessions that one has open end too; what is left out is as the configuration says. */
export const SignOut = z.strictObject({ end_sessions: z.boolean().optional() }).meta({ id: 'SignOut' })

/** What the sign-in page offers before anybody is signed in. */
export const SignInOptions = z
  .object({
    local_people: z
      .array(z.object({ login: z.string(), name: z.string(), email: z.string(), roles: z.array(Role) }))
      .nullable()
      .describe('The people of the local provider; null when a real issuer is configured'),
    issuer: z.string().describe('Host name of the identity provider'),
  })
  .meta({ id: 'SignInOptions' })
export type SignInOptions = z.infer<typeof SignInOptions>
