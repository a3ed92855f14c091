import { z } from 'zod'
import { StaffId } from './ids.ts'

/** X5. A staff member may hold several. */
export const roles = ['support_admin', 'support_manager', 'super_admin', 'auditor'] as const
export const Role = z.enum(roles)
export type Role = z.infer<typeof Role>

/** Who may use which part (C1, X5). `console` is everything but what only auditors need. */
export const consoleRoles = ['support_admin', 'super_admin'] as const satisfies readonly Role[]
export const approverRoles = ['support_manager', 'super_admin'] as const satisfies readonly Role[]
/** Who may see support sessions and what was done in them; what may be done to them needs more. */
export const sessionReadRoles = [...consoleRoles, 'auditor'] as const satisfies readonly Role[]
/** Who may ask for an action, or decide on one. */
export const actionRoles = ['support_admin', 'super_admin', 'support_manager'] as const satisfies readonly Role[]
/** Who may open the pane of a user: approvers that of the users whom a request is about. */
export const paneRoles = actionRoles
export const auditRoles = ['support_admin', 'super_admin', 'auditor', 'support_manager'] as const satisfies readonly Role[]
/** Who may export events of more than one tenant, or very many of them. */
export const exportRoles = ['auditor', 'super_admin'] as const satisfies readonly Role[]

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
