import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../store/tables.ts'
import { hashSecret } from '../secret.ts'
import { SignInRefusal } from './refusal.ts'
import { flowTime } from './start.ts'

export type Flow = { stateHash: Buffer; nonce: string; code_verifier: string; return_to: string; fresh: boolean }

/**
 * Takes the sign-in that a state belongs to: once, in time, in the browser that began it. Anything else drops it, so that one
 * which is being finished at this moment cannot be finished either (AN-2, AN-7).
 */
export const takeFlow = async (db: Kysely<Tables>, state: string, browser: string | undefined): Promise<Flow> => {
  const stateHash = hashSecret(state)
  if (browser !== undefined) {
    const taken = await db
      .updateTable('sign_in_flows')
      .set({ used_at: sql`clock_timestamp()` })
      .where('state_hash', '=', stateHash)
      .where('browser_hash', '=', hashSecret(browser))
      .where('used_at', 'is', null)
      .where('created_at', '>', sql<Date>`clock_timestamp() - ${flowTime}`)
      .returning(['nonce', 'code_verifier', 'return_to', 'fresh'])
      .executeTakeFirst()
    if (taken !== undefined) return { stateHash, ...taken }
  }
  const dropped = await db.deleteFrom('sign_in_flows').where('state_hash', '=', stateHash).returning('used_at').executeTakeFirst()
  if (dropped === undefined) throw new SignInRefusal('sign_in_stale', 'the state is unknown, used or too old')
  if (dropped.used_at !== null) throw new SignInRefusal('sign_in_stale', 'the state was used before')
  if (browser !== undefined) throw new SignInRefusal('sign_in_stale', 'the state is of another browser, or too old')
  throw new SignInRefusal('sign_in_stale', 'the state is of another browser, or too old', {
    advice: 'The browser sent no cookie of the sign-in: it is another one, it keeps no cookies for the console, or they were cleared.',
  })
}
