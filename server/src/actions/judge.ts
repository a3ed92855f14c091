import type { AttemptAction } from '@countersign/contract/action-requests.ts'
import { actions, type UnmetGate } from '@countersign/contract/actions.ts'
import type { ErrorCode } from '@countersign/contract/errors.ts'
import { Reason, Ticket } from '@countersign/contract/text.ts'
import type { Kysely } from 'kysely'
import { z } from 'zod'
import { parse } from '../access/parse.ts'
import { Refusal } from '../errors.ts'
import type { Attempt } from '../policy/attempt.ts'
import { decide, formatNote } from '../policy/decide.ts'
import type { Tables } from '../store/tables.ts'
import type { JudgeCtx } from './needs.ts'
import { readStanding } from './standing.ts'
import type { Found } from './target.ts'

/** What was typed: an empty field is a gate that is not met, and one that is filled wrongly is told so. */
const emptyIsAbsent = (text: string | undefined): string | undefined => (text === '' ? undefined : text)
const Given = z.object({
  reason: z.string().optional().transform(emptyIsAbsent).pipe(Reason.optional()),
  ticket: z.string().optional().transform(emptyIsAbsent).pipe(Ticket.optional()),
})
const codes = { reason: 'reason_too_short' } as const satisfies Record<string, ErrorCode>

/** Reason and ticket in their own form, or a refusal that names the one that is wrong. */
export const parseGiven = ({ reason, ticket }: AttemptAction): { reason?: string; ticket?: string } => {
  const given = parse(Given, { reason, ticket }, codes)
  return {
    ...(given.reason === undefined ? {} : { reason: given.reason }),
    ...(given.ticket === undefined ? {} : { ticket: given.ticket }),
  }
}

const parametersOf: Partial<Record<AttemptAction['action'], readonly string[]>> = {
  revoke_session: ['session_id'],
  impersonate: ['scopes', 'ttl_minutes'],
  open_session: ['scopes', 'ttl_minutes'],
  extend_impersonation: ['session_id', 'ttl_minutes'],
  extend_session: ['session_id', 'ttl_minutes'],
}

/** An action is done to its own kind of target, with its own parameters and no others. */
export const requireForm = ({ action, target, parameters }: AttemptAction): void => {
  const { target: kind } = actions[action]
  if (target.kind !== kind)
    throw new Refusal('invalid_request', { errors: [{ path: 'target.kind', message: `must be ${kind} for ${action}` }] })
  const known = parametersOf[action] ?? []
  const stray = Object.keys(parameters).find((name) => !known.includes(name))
  if (stray !== undefined)
    throw new Refusal('invalid_request', { errors: [{ path: `parameters.${stray}`, message: `is not one of ${action}` }] })
  if (action === 'revoke_session' && parameters.session_id === undefined)
    throw new Refusal('invalid_request', { errors: [{ path: 'parameters.session_id', message: 'is missing' }] })
}

/** An attempt as the policy judges it, with the requester's standing of this moment. Within a transaction `db` is that one. */
export const attemptOf = async (
  db: Kysely<Tables>,
  { principal }: Pick<JudgeCtx, 'principal'>,
  input: AttemptAction,
  found: Found,
  given: { reason?: string; ticket?: string; isBound?: boolean },
): Promise<Attempt> => {
  const { now, signedInAt, steppedUpAt } = await readStanding(db, principal)
  const { isBound = false, ...texts } = given
  const stepUp = isBound ? { at: now, bound: true } : steppedUpAt ? { at: steppedUpAt, bound: false } : undefined
  return {
    action: input.action,
    staff: { id: principal.id, roles: principal.roles, signedInAt },
    target: found.target,
    ...texts,
    ...(stepUp ? { stepUp } : {}),
    now,
  }
}

/** Which gates an attempt leaves open; faults of the policy go to the program's log. */
export const unmetOf = (ctx: Pick<JudgeCtx, 'policy' | 'log'>, attempt: Attempt): UnmetGate[] => {
  const { unmet, faults } = decide(ctx.policy, attempt)
  if (faults.length > 0) ctx.log.warn({ action: attempt.action, faults }, 'a rule of the policy could not be evaluated: denied')
  return unmet
}

/** The refusal of an attempt whose gates are not met. Its note is the record's, too (A26, M1). */
export const gatesUnmet = (unmet: UnmetGate[]): Refusal => new Refusal('gates_unmet', { detail: formatNote(unmet), unmet })
