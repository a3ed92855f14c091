import { z } from 'zod'
import type { ActName } from './connector.ts'
import type { EventName } from './events.ts'
import { ttlMaximumUserMinutes } from './sessions.ts'
import { Role } from './staff.ts'

/** A24. How much harm an action can do. */
export const risks = ['low', 'med', 'high'] as const
export const Risk = z.enum(risks)
export type Risk = z.infer<typeof Risk>

/** The gates that the table of actions can ask for (A3–A5). */
export const tableGates = ['reason', 'ticket', 'approval'] as const
export type TableGate = (typeof tableGates)[number]

type Row = {
  /** Whom it is done to. */
  target: 'user' | 'tenant'
  /** What is different afterwards, as one sentence. */
  effect: string
  /** The act that the product's connector must name as its own; null where Countersign needs none. */
  act: ActName | null
  /** The events of a refused attempt, of the effect, and of what becomes of a request that needs an approval. */
  events: { attempt: EventName; done: EventName; requested: EventName; approved: EventName; rejected: EventName }
  /** Defaults of the policy (A19–A23). */
  requires: readonly TableGate[]
  risk: Risk
  /** Longest time to live of the session that it opens, where that is part of what it requires. */
  max_minutes?: number
}

const approvalEvents = { requested: 'ACTION.REQUESTED', approved: 'ACTION.APPROVED', rejected: 'ACTION.REJECTED' } as const

/** Everything that staff can do to a user or a tenant. There is no other way to act. */
export const actions = {
  reset_passkey: {
    target: 'user',
    effect: 'Every passkey of the user is removed.',
    act: 'reset_passkey',
    events: { attempt: 'PASSKEY.RESET', done: 'PASSKEY.RESET', ...approvalEvents },
    requires: ['reason', 'ticket'],
    risk: 'med',
  },
  reset_totp: {
    target: 'user',
    effect: 'The authenticator app and the recovery codes of the user are removed.',
    act: 'reset_totp',
    events: { attempt: 'TOTP.RESET', done: 'TOTP.RESET', ...approvalEvents },
    requires: ['reason', 'ticket'],
    risk: 'med',
  },
  revoke_sessions: {
    target: 'user',
    effect: 'Every session of the user ends.',
    act: 'revoke_sessions',
    events: { attempt: 'SESSION.REVOKED', done: 'SESSION.REVOKED', ...approvalEvents },
    requires: ['reason'],
    risk: 'low',
  },
  revoke_session: {
    target: 'user',
    effect: 'One session of the user ends.',
    act: 'revoke_session',
    events: { attempt: 'SESSION.REVOKED', done: 'SESSION.REVOKED', ...approvalEvents },
    requires: ['reason'],
    risk: 'low',
  },
  send_magic_link: {
    target: 'user',
    effect: 'A sign-in link is mailed to the user; staff never see it.',
    act: 'send_magic_link',
    events: { attempt: 'MAGIC_LINK.SENT', done: 'MAGIC_LINK.SENT', ...approvalEvents },
    requires: ['reason'],
    risk: 'low',
  },
  impersonate: {
    target: 'user',
    effect: 'A read-only support session on the user opens.',
    act: null,
    events: { attempt: 'IMPERSONATE.DENIED', done: 'IMPERSONATE.STARTED', ...approvalEvents },
    requires: ['reason'],
    risk: 'high',
    max_minutes: ttlMaximumUserMinutes,
  },
  open_session: {
    target: 'tenant',
    effect: 'A support session on the tenant opens.',
    act: null,
    events: { attempt: 'SUPPORT_SESSION.DENIED', done: 'SUPPORT_SESSION.CREATED', ...approvalEvents },
    requires: ['reason'],
    risk: 'med',
  },
  extend_impersonation: {
    target: 'user',
    effect: 'A support session on the user runs longer.',
    act: null,
    events: { attempt: 'IMPERSONATE.EXTENDED', done: 'IMPERSONATE.EXTENDED', ...approvalEvents },
    requires: ['reason'],
    risk: 'high',
  },
  extend_session: {
    target: 'tenant',
    effect: 'A support session on the tenant runs longer.',
    act: null,
    events: { attempt: 'SUPPORT_SESSION.EXTENDED', done: 'SUPPORT_SESSION.EXTENDED', ...approvalEvents },
    requires: ['reason'],
    risk: 'med',
  },
  suspend_account: {
    target: 'user',
    effect: 'The user cannot sign in any more, and every session of theirs ends.',
    act: 'suspend_account',
    events: {
      attempt: 'ACCOUNT.SUSPEND',
      done: 'ACCOUNT.SUSPENDED',
      requested: 'ACCOUNT.SUSPEND.REQUESTED',
      approved: 'ACCOUNT.SUSPEND.APPROVED',
      rejected: 'ACCOUNT.SUSPEND.REJECTED',
    },
    requires: ['reason', 'approval'],
    risk: 'high',
  },
  restore_account: {
    target: 'user',
    effect: 'The user can sign in again.',
    act: 'restore_account',
    events: { attempt: 'ACCOUNT.RESTORED', done: 'ACCOUNT.RESTORED', ...approvalEvents },
    requires: ['reason', 'ticket'],
    risk: 'med',
  },
  force_logout: {
    target: 'tenant',
    effect: 'Every session of every user of the tenant ends.',
    act: 'force_logout',
    events: { attempt: 'TENANT.SESSIONS.REVOKED', done: 'TENANT.SESSIONS.REVOKED', ...approvalEvents },
    requires: ['reason'],
    risk: 'med',
  },
} as const satisfies Record<string, Row>

export type ActionName = keyof typeof actions
export const actionNames = Object.keys(actions) as ActionName[]
export const ActionName = z.enum(actionNames as [ActionName, ...ActionName[]])

/** Actions that open a support session. */
export const openingActions = ['impersonate', 'open_session'] as const satisfies readonly ActionName[]

/** Actions that let one run longer, by the one that opens it: what the configuration says of that holds for them too. */
export const extensions = { extend_impersonation: 'impersonate', extend_session: 'open_session' } as const satisfies Partial<
  Record<ActionName, (typeof openingActions)[number]>
>
export type ExtensionAction = keyof typeof extensions
export const isExtension = (action: ActionName): action is ExtensionAction => Object.hasOwn(extensions, action)

/** Actions on support sessions. A session always has a reason, so they always require one. */
export const sessionActions = [...openingActions, 'extend_impersonation', 'extend_session'] as const satisfies readonly ActionName[]

/** Actions that the product carries out. */
export type ProductAction = Exclude<ActionName, (typeof sessionActions)[number]>

/**
 * Gates that Countersign knows, in the order in which a note names them. Rules of a policy's own may name further ones.
 * `off`: the action is switched off. `policy_error`: a rule could not be evaluated, so the answer is no.
 */
export const knownGates = [
  'policy_error',
  'off',
  'own_account',
  'staff_account',
  'own_request',
  'role',
  'approval',
  'ticket',
  'reason',
  'step_up',
] as const

export const Gate = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,40}$/)
  .describe('Name of a gate')
export type Gate = z.infer<typeof Gate>

/** A gate that an attempt did not meet (A26). */
export const UnmetGate = z
  .object({ gate: Gate, note: z.string().describe('What is missing, as in "manager missing"') })
  .meta({ id: 'UnmetGate' })
export type UnmetGate = z.infer<typeof UnmetGate>

/** A gate of an action, met or not. */
export const Requirement = UnmetGate.extend({ met: z.boolean() }).meta({ id: 'Requirement' })
export type Requirement = z.infer<typeof Requirement>

/** What an action requires of one staff member on one target, before it is tried (A24, A25, M1). */
export const Explanation = z
  .object({
    action: ActionName,
    risk: Risk,
    requires: z.string().describe('In a few words, as in "reason + ticket"'),
    requirements: z.array(Requirement),
    allowed: z.boolean().describe('True when every requirement is met'),
    approvers: z.array(Role).describe('Roles whose approval counts'),
    expires_minutes: z.number().int().describe('How long a request waits for its approval'),
    policy: z.string().describe('SHA-256 of the policy, hex'),
  })
  .meta({ id: 'Explanation' })
export type Explanation = z.infer<typeof Explanation>
