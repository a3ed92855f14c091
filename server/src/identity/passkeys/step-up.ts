import { type SteppedUp, StepUp } from '@countersign/contract/passkeys.ts'
import { roles } from '@countersign/contract/staff.ts'
import { generateAuthenticationOptions } from '@simplewebauthn/server'
import { type Kysely, sql } from 'kysely'
import { parse } from '../../access/parse.ts'
import { actorOf, type StaffPrincipal } from '../../access/principal.ts'
import { transact } from '../../access/transact.ts'
import { verb } from '../../access/verb.ts'
import { Refusal } from '../../errors.ts'
import type { Tables } from '../../store/tables.ts'
import { requireAssertion } from './assert.ts'
import { challengeOf, challengeSeconds, issueChallenge, newChallenge, takeChallenge } from './challenge.ts'
import { denyingPasskey } from './deny.ts'
import type { PasskeyCtx } from './needs.ts'
import { PasskeyError } from './verify.ts'

/** For how long a sign-in, or a signature of one's own, counts as fresh. */
export const freshSeconds = 300
export const freshTime = sql`make_interval(secs => ${freshSeconds})`

/** What the browser is to ask the person's keys to sign. A challenge of the caller's binds the signature to what it hashes. */
export const assertionOptions = async (
  db: Kysely<Tables>,
  { site, principal }: Pick<PasskeyCtx, 'site'> & { principal: StaffPrincipal },
  challenge: string,
): Promise<object> => {
  const keys = await db
    .selectFrom('staff_passkeys as k')
    .select(['k.credential_id', 'k.transports'])
    .where('k.staff_id', '=', principal.id)
    .where('k.usable_from', '<=', sql<Date>`clock_timestamp()`)
    .where(sql<boolean>`not exists (select from staff_passkey_removals r where r.passkey_id = k.id)`)
    .execute()
  if (keys.length === 0) throw new Refusal('passkey_missing')
  return generateAuthenticationOptions({
    rpID: site.rp_id,
    challenge: new Uint8Array(Buffer.from(challenge, 'base64url')),
    timeout: challengeSeconds * 1000,
    userVerification: 'required',
    allowCredentials: keys.map(({ credential_id, transports }) => ({
      id: credential_id.toString('base64url'),
      transports: transports as never,
    })),
  })
}

/** Begins to vouch for who sits here. */
export const beginStepUp = verb({
  name: 'begin to step up',
  may: roles,
  async run(ctx: PasskeyCtx): Promise<object> {
    const { principal, store } = ctx
    const challenge = newChallenge()
    const options = await assertionOptions(store.db, ctx, challenge)
    await issueChallenge(store.db, { challenge, sign_in_id: principal.session_id, purpose: 'step_up' })
    return options
  },
})

const noteStepUp = async (tx: Kysely<Tables>, { principal, journal }: PasskeyCtx, passkeyId: string): Promise<SteppedUp> => {
  const { rows } = await sql<{ until: Date }>`
    update staff_sessions set stepped_up_at = clock_timestamp() where id = ${principal.session_id} and ended_at is null
    returning stepped_up_at + ${freshTime} as until`.execute(tx)
  const [session] = rows
  if (session === undefined) throw new Refusal('session_over')
  await journal.record(tx, {
    action: 'AUTH.STEPPED_UP',
    result: 'ok',
    actor: actorOf(principal),
    target: { kind: 'passkey', id: passkeyId },
  })
  return { fresh_until: session.until.toISOString() }
}

/** A signature of one's own: for five minutes it vouches for acts of low and medium risk in this sign-in. */
export const stepUp = verb({
  name: 'step up',
  may: roles,
  parse: (raw: unknown) => parse(StepUp, raw),
  run: (ctx: PasskeyCtx, { response }): Promise<SteppedUp> =>
    transact(ctx, (tx) =>
      denyingPasskey(ctx.principal, async () => {
        const challenge = challengeOf(response.response.clientDataJSON)
        const { principal, site } = ctx
        const taken =
          challenge !== undefined && (await takeChallenge(tx, { challenge, sign_in_id: principal.session_id, purpose: 'step_up' }))
        if (!taken) throw new PasskeyError('the challenge was not issued for this, or is used or too old')
        const { passkey_id } = await requireAssertion(tx, site, { staff_id: principal.id, challenge }, response)
        return await noteStepUp(tx, ctx, passkey_id)
      }),
    ),
})
