import type { EventRequest } from '@countersign/contract/events.ts'
import type { Base } from '../../access/ctx.ts'
import type { EndSessions } from '../end-sessions.ts'
import { isSecret } from '../secret.ts'
import { admitPerson } from './admit.ts'
import { denySignIn } from './deny.ts'
import { readStrayError } from './read-failure.ts'
import { redeem } from './redeem.ts'
import { SignInRefusal } from './refusal.ts'
import type { StartNeeds } from './start.ts'
import { takeFlow } from './take-flow.ts'

export type FinishNeeds = Base & StartNeeds & { endSessions: EndSessions }
type Input = {
  /** The answer's query, as it arrived. */
  query: URLSearchParams
  /** From the cookie set at the start. */
  browser: string | undefined
  /** The session cookie this browser had before, if any: it is replaced, never taken over. */
  previous: string | undefined
  request: EventRequest
}

const finish = async (needs: FinishNeeds, { query, browser, previous, request }: Input): Promise<{ token: string; return_to: string }> => {
  const states = query.getAll('state')
  const [state] = states
  if (state === undefined || states.length > 1 || !isSecret(state))
    throw readStrayError(query) ?? new SignInRefusal('sign_in_refused', 'no state, or not one of ours')
  const flow = await takeFlow(needs.store.db, state, browser)
  try {
    const person = await redeem(needs, flow, query)
    const token = await admitPerson(needs, { flow, person, code: query.get('code') ?? '', previous, request })
    return { token, return_to: flow.return_to }
  } catch (error) {
    if (error instanceof SignInRefusal) error.return_to = flow.return_to
    throw error
  }
}

/** Finishes a sign-in with the provider's answer. Every refusal is on the record. */
export const finishSignIn = async (needs: FinishNeeds, input: Input): Promise<{ token: string; return_to: string }> => {
  try {
    return await finish(needs, input)
  } catch (error) {
    if (!(error instanceof SignInRefusal)) throw error
    return denySignIn(needs, error, { code: input.query.get('code'), previous: input.previous, request: input.request })
  }
}
