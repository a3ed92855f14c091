import { z } from 'zod'
import { ActionName, Explanation, Requirement, Risk } from './actions.ts'
import { ActionRequestId, SessionId, StaffId, TenantId, UserId } from './ids.ts'
import { Cursor, Limit, pageOf } from './pages.ts'
import { AssertionResponse } from './passkeys.ts'
import { Instant, Reason, Sought, tooLong } from './text.ts'

/** Whom an action is done to. */
export const ActionTarget = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('user'), id: UserId }),
  z.object({ kind: z.literal('tenant'), id: TenantId }),
])
export type ActionTarget = z.infer<typeof ActionTarget>

/** What an action needs to know beside its target: which session ends, how a support session is to be. */
export const ActionParameters = z
  .strictObject({
    session_id: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe("revoke_session: the user's session, as the product names it; extensions: the support session"),
    scopes: z.array(z.string().max(100)).max(100).optional().describe('open_session, impersonate: scopes, or one preset'),
    ttl_minutes: z.number().optional().describe('open_session, impersonate: whole minutes; extensions: how many more'),
  })
  .default({})
export type ActionParameters = z.output<typeof ActionParameters>

/**
 * An attempt as it comes in. Reason and ticket are gates: what is missing or too short is named among the unmet ones and not
 * refused as malformed, so they are plain texts here.
 */
export const AttemptAction = z.object({
  action: ActionName,
  target: ActionTarget,
  reason: z
    .string()
    .refine((text) => text.length <= 20_000, tooLong)
    .optional(),
  ticket: z.string().max(200).optional(),
  parameters: ActionParameters,
})
export type AttemptAction = z.output<typeof AttemptAction>

export const ExplainAction = AttemptAction.meta({ id: 'ExplainAction' })

export const RequestAction = AttemptAction.extend({
  ask_approval: z.boolean().default(false).describe('Where an approval alone is missing: ask for it instead of being refused'),
  step_up: AssertionResponse.optional().describe('A signature bound to this very attempt; see /api/actions/step-up/options'),
}).meta({ id: 'RequestAction' })
export type RequestAction = z.output<typeof RequestAction>

/** What an approver signs, as it came from the server: the fields are read from these bytes. */
export const SignedRequest = z.object({
  v: z.literal(1),
  id: ActionRequestId,
  action: ActionName,
  target: z.object({
    kind: z.enum(['user', 'tenant']),
    id: z.string(),
    label: z.string(),
    tenant_id: z.string(),
    tenant_name: z.string().nullable(),
  }),
  parameters: z.record(z.string(), z.unknown()),
  requester: z.object({ id: StaffId, issuer: z.string(), subject: z.string(), email: z.string(), name: z.string() }),
  reason: z.string(),
  ticket: z.string().nullable(),
  policy: z.string().describe('SHA-256 of the policy that was in force, hex'),
  nonce: z.string(),
  created_at: Instant,
  expires_at: Instant,
})
export type SignedRequest = z.infer<typeof SignedRequest>

/**
 * pending: waits for approvals. approved: may be carried out, once. executing: the product is being asked. unknown: it was asked,
 * and nobody knows the outcome yet. void: something that the approval stood on has changed.
 */
export const actionStates = [
  'pending',
  'approved',
  'executing',
  'done',
  'failed',
  'unknown',
  'rejected',
  'expired',
  'cancelled',
  'void',
] as const
export const ActionState = z.enum(actionStates)
export type ActionState = z.infer<typeof ActionState>

/** What may be done to a request in which state: one table for the server and for what the console offers. */
export const allowedIn = {
  approve: ['pending'],
  reject: ['pending'],
  cancel: ['pending', 'approved'],
  execute: ['approved'],
  reconcile: ['executing', 'unknown'],
} as const satisfies Record<string, readonly ActionState[]>
export type RequestVerb = keyof typeof allowedIn

export const canDo = (verb: RequestVerb, state: ActionState): boolean => (allowedIn[verb] as readonly ActionState[]).includes(state)

const Someone = z.object({ id: StaffId, email: z.string(), name: z.string() })

export const Approval = z.object({
  by: Someone,
  at: Instant,
  signature: z.enum(['passkey', 'sign_in']).describe('What vouches for it: a passkey over the request, or a fresh sign-in at the provider'),
})
export type Approval = z.infer<typeof Approval>

export const ActionRequest = z
  .object({
    id: ActionRequestId,
    action: ActionName,
    risk: Risk,
    requires: z.string(),
    state: ActionState,
    target: z.object({ kind: z.enum(['user', 'tenant']), id: z.string(), label: z.string() }),
    tenant_id: TenantId,
    tenant_name: z.string().nullable(),
    parameters: z.record(z.string(), z.unknown()),
    reason: z.string(),
    ticket: z.string().nullable(),
    requester: Someone,
    created_at: Instant,
    expires_at: Instant,
    approvals_needed: z.number().int(),
    approvals: z.array(Approval),
    rejection: z.object({ by: Someone, at: Instant, reason: z.string() }).nullable(),
    outcome: z
      .object({
        at: Instant,
        count: z.number().int().nullable().describe('How many ended, where the action ends sessions'),
        note: z.string().nullable().describe('Why it failed, is void, or is not known'),
      })
      .nullable(),
    session_id: SessionId.nullable().describe('The support session that it opened, or in which it was done'),
    signed: z.string().describe('The canonical bytes that an approval signs, as text'),
  })
  .meta({ id: 'ActionRequest' })
export type ActionRequest = z.infer<typeof ActionRequest>

/** waiting: for my approval. mine: asked by me. decided: no longer waiting, of everybody. */
export const ListActionRequests = z.strictObject({
  view: z.enum(['waiting', 'mine', 'decided']).default('waiting'),
  target_id: Sought.max(200).optional(),
  cursor: Cursor.optional(),
  limit: Limit,
})
export type ListActionRequests = z.output<typeof ListActionRequests>
export const ActionRequestPage = pageOf(ActionRequest)
  .extend({ waiting: z.number().int().describe('How many wait for an approval of mine') })
  .meta({ id: 'ActionRequestPage' })
export type ActionRequestPage = z.infer<typeof ActionRequestPage>

/** The table of a pane: every action on this kind of target, with what it requires of me, nothing given (A24). */
export const ActionRow = z.object({
  action: ActionName,
  effect: z.string(),
  risk: Risk,
  requires: z.string(),
  requirements: z.array(Requirement),
  supported: z.boolean().nullable().describe('Whether the product can do it; null where it did not say'),
  off: z.boolean(),
  allowed_roles: z.boolean().describe('Whether my roles allow it'),
})
export type ActionRow = z.infer<typeof ActionRow>
export const ListActions = z.strictObject({ kind: z.enum(['user', 'tenant']), id: Sought.min(1).max(200) })
export const ActionTable = z
  .object({
    items: z.array(ActionRow),
    step_up: z.boolean().describe('Whether actions need a signature of mine'),
    signature: z.enum(['passkey', 'sign_in']),
  })
  .meta({ id: 'ActionTable' })
export type ActionTable = z.infer<typeof ActionTable>

export const ExplainedAction = Explanation

export const ApproveRequest = z
  .object({
    response: AssertionResponse.optional().describe('The passkey’s signature over the request; left out where a fresh sign-in serves'),
  })
  .meta({ id: 'ApproveRequest' })
export const RejectRequest = z.object({ reason: Reason }).meta({ id: 'RejectRequest' })
