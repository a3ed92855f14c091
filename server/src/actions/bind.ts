import { AttemptAction } from '@countersign/contract/action-requests.ts'
import type { AssertionResponse } from '@countersign/contract/passkeys.ts'
import { roles } from '@countersign/contract/staff.ts'
import type { Transaction } from 'kysely'
import { parse } from '../access/parse.ts'
import { verb } from '../access/verb.ts'
import { Refusal } from '../errors.ts'
import { requireAssertion } from '../identity/passkeys/assert.ts'
import { challengeOf, issueChallenge, newChallenge, takeChallenge } from '../identity/passkeys/challenge.ts'
import { assertionOptions } from '../identity/passkeys/step-up.ts'
import { PasskeyError } from '../identity/passkeys/verify.ts'
import type { Tables } from '../store/tables.ts'
import { hashAttempt } from './canonical.ts'
import type { JudgeCtx } from './needs.ts'

/** Begins a signature of the requester's own that serves this very attempt and no other (P21). */
export const beginBoundSignature = verb({
  name: 'begin to sign an attempt',
  may: roles,
  parse: (raw: unknown) => parse(AttemptAction, raw),
  async run(ctx: JudgeCtx, attempt): Promise<object> {
    const { principal, store } = ctx
    const challenge = newChallenge()
    const options = await assertionOptions(store.db, ctx, challenge)
    const act_hash = hashAttempt(principal.id, attempt)
    await issueChallenge(store.db, { challenge, sign_in_id: principal.session_id, purpose: 'act', act_hash })
    return options
  },
})

/** Takes such a signature: once, in time, of one of the person's own keys, for this attempt to the letter. */
export const consumeBoundSignature = async (
  tx: Transaction<Tables>,
  { principal, site }: JudgeCtx,
  response: AssertionResponse,
  act_hash: Buffer,
): Promise<true> => {
  const challenge = challengeOf(response.response.clientDataJSON)
  const expected = { sign_in_id: principal.session_id, purpose: 'act', act_hash } as const
  try {
    if (challenge === undefined || !(await takeChallenge(tx, { challenge, ...expected })))
      throw new PasskeyError('the signature was not asked for this attempt, or is used or too old')
    await requireAssertion(tx, site, { staff_id: principal.id, challenge }, response)
    return true
  } catch (error) {
    if (error instanceof PasskeyError) throw new Refusal('passkey_refused', { detail: error.message, cause: error })
    throw error
  }
}
