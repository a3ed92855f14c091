import type { ErrorCode } from '@countersign/contract/errors.ts'
import { type Denied, deny } from '../../access/deny.ts'
import { actorOf, type StaffPrincipal } from '../../access/principal.ts'
import { Refusal } from '../../errors.ts'
import { PasskeyError } from './verify.ts'

/** A refused key, with what was wrong for the record. */
export const denyPasskey = (principal: StaffPrincipal, code: ErrorCode, note: string, cause?: unknown): Denied =>
  deny(new Refusal(code, { cause }), {
    action: 'AUTH.DENIED',
    actor: actorOf(principal),
    target: { kind: 'staff', id: principal.id, label: principal.email },
    note,
  })

/** Runs a step with a key. What an authenticator's answer is refused for goes on the record. */
export const denyingPasskey = async <T>(principal: StaffPrincipal, step: () => Promise<T>): Promise<T> => {
  try {
    return await step()
  } catch (error) {
    if (error instanceof PasskeyError) throw denyPasskey(principal, 'passkey_refused', error.message, error)
    throw error
  }
}
