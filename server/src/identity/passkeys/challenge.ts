import { createHash, randomBytes } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../store/tables.ts'

export type Purpose = 'enrolment' | 'step_up' | 'act'

/** How long an authenticator may take to answer (WA-6). */
export const challengeSeconds = 120
const challengeTime = sql`make_interval(secs => ${challengeSeconds})`

/** What is asked to be signed, in which sign-in and for what; `act_hash` binds it to one attempt at an action. */
type Issued = { challenge: string; sign_in_id: string; purpose: Purpose; act_hash?: Buffer | null }

const hashOf = (challenge: string): Buffer => createHash('sha256').update(challenge).digest()

/** A challenge that says nothing: base64url of 256 random bits. */
export const newChallenge = (): string => randomBytes(32).toString('base64url')

/** Remembers what an authenticator is asked to sign, and forgets what nobody answered. */
export const issueChallenge = async (db: Kysely<Tables>, { challenge, sign_in_id, purpose, act_hash = null }: Issued): Promise<void> => {
  await sql`
    with old as (delete from passkey_challenges where created_at < clock_timestamp() - ${challengeTime})
    insert into passkey_challenges (challenge_hash, sign_in_id, purpose, act_hash)
    values (${hashOf(challenge)}, ${sign_in_id}, ${purpose}, ${act_hash})`.execute(db)
}

/** Takes a challenge: once, in time, in the sign-in and for the purpose it was issued for. */
export const takeChallenge = async (db: Kysely<Tables>, { challenge, sign_in_id, purpose, act_hash = null }: Issued): Promise<boolean> => {
  const taken = await db
    .deleteFrom('passkey_challenges')
    .where('challenge_hash', '=', hashOf(challenge))
    .where('sign_in_id', '=', sign_in_id)
    .where('purpose', '=', purpose)
    .where('act_hash', 'is not distinct from', act_hash)
    .where('created_at', '>', sql<Date>`clock_timestamp() - ${challengeTime}`)
    .returning('challenge_hash')
    .executeTakeFirst()
  return taken !== undefined
}

/** The challenge that an answer says it signed; undefined where it cannot be read. The caller compares or takes it. */
export const challengeOf = (clientDataJSON: string): string | undefined => {
  try {
    const { challenge } = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString('utf8')) as { challenge?: unknown }
    return typeof challenge === 'string' ? challenge : undefined
  } catch {
    return undefined
  }
}
